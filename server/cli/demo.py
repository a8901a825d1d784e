"""`wayfold demo`: a real event through devices, an edge and HQ; its options are its own."""

from __future__ import annotations

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def demo(arguments: tuple[str, ...]) -> int:
    """Play a recorded event through devices, an edge server and HQ, and show the leaderboard."""
    from server.demo import main

    return int(main(list(arguments)))

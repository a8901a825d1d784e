"""`wayfold demo`: one recorded event, played again through devices, an edge and HQ as real processes.

`main` is what the command line calls; nothing else here is imported before it is run.
"""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the demo; returns its exit status. Raises what click raises for a command line it does not understand."""
    from server.demo.command import demo

    return int(demo.main(args=list(arguments), prog_name="wayfold demo", standalone_mode=False) or 0)

"""The reference of commands is what the commands say of themselves, and every command a document names is there.

python tests/house/test_commands.py     writes docs/reference/commands.md anew
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import click

from client_core.cli import _parser
from server.cli import wayfold

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "commands.md"
WIDTH = 100
HEAD = """# Commands

What each command says with `--help`; `python tests/house/test_commands.py` writes this page anew. `wayfold` is the
server's and organiser's program, `python -m client_core` a device without a screen.
"""


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """All commands below a group, by their full names, with their help."""
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            found = command.commands[name]
            yield from commands(found, click.Context(found, info_name=name, parent=context, max_content_width=WIDTH))
    elif not command.hidden:
        yield context.command_path, command.get_help(context)


def server_commands() -> list[tuple[str, str]]:
    """The commands of `wayfold`."""
    return [
        *commands(
            wayfold,
            click.Context(wayfold, info_name="wayfold", **{**wayfold.context_settings, "terminal_width": WIDTH}),
        )
    ]


def device_commands() -> list[tuple[str, str]]:
    """The commands of `python -m client_core`."""
    (actions,) = [a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction)]
    found = []
    for name, parser in sorted(actions.choices.items()):
        parser.prog = f"python -m client_core {name}"
        parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=WIDTH, max_help_position=30)
        found.append((parser.prog, parser.format_help()))
    return found


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, said in [*server_commands(), *device_commands()]:
        lines = "\n".join(line.rstrip() for line in said.rstrip().splitlines())
        parts.append(f"\n## {name}\n\n```\n{lines}\n```\n")
    return "".join(parts)


def test_the_reference_of_commands_is_what_the_commands_say() -> None:
    told = re.sub(r"(?m)^optional arguments:$", "options:", page())
    assert PAGE.read_text(encoding="utf-8") == told, "write it anew: python tests/house/test_commands.py"


def test_every_command_a_document_names_is_there() -> None:
    known = {name for name, _ in [*server_commands(), *device_commands()]}
    named = set()
    for file in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r"^(?:\$ )?(wayfold [a-z].*|python -m client_core [a-z].*)$", text, re.MULTILINE))
    assert named
    wrong = [line for line in named if not any(f"{line} ".startswith(f"{name} ") for name in known)]
    assert wrong == []


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

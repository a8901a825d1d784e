"""What commands print: tables for people, JSON for programs, and progress beside either."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class InputError(Exception):
    """An input file that cannot be used; `code` is `file_unreadable` or `value_out_of_range`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_file(file: Path, bytes_max: int) -> bytes:
    """The bytes of a file, but not more than one beyond what its reader takes; raises `InputError`."""
    try:
        with file.open("rb") as source:
            return source.read(bytes_max + 1)
    except OSError as error:
        raise InputError("file_unreadable", f"{file} cannot be read: {error.strerror}") from error


def print_json(value: Any) -> None:
    """One JSON value, indented, on stdout."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, numbers: Sequence[str] = ()) -> None:
    """A table on stdout; None is shown as a dash, the columns `numbers` to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row))
    # Through a pipe nothing is cut to the width of a terminal.
    Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False, emoji=False).print(table)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show on stderr that something takes a moment, where somebody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} …"):
        yield

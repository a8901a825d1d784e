"""Files that `game.toml` names: beside it, of a size that can be a table, and nothing else of the machine."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from server.authoring.values import ValueFault


def read_beside(folder: Path, name: str, bytes_max: int) -> bytes:
    """The bytes of a file in the game's folder, at most `bytes_max`; raises `ValueFault`.

    What lies elsewhere, by `..`, by an absolute path or through a link, is not
    read: a game that somebody else wrote could carry any file of this machine
    to every phone.
    """
    if "\x00" in name:
        raise ValueFault(f"{name!r} is no name of a file")
    file = folder / name
    try:
        if not file.resolve().is_relative_to(folder.resolve()):
            raise ValueFault(f"{name} lies outside the game's folder: put it beside game.toml")
        if not file.exists():
            raise ValueFault(f"there is no file {name} in {folder}{_instead(folder, name)}")
        if not file.is_file():
            raise ValueFault(f"{name} is no file that can be read")
        size = file.stat().st_size
        if size > bytes_max:
            raise ValueFault(f"{name} has {size / 2**20:.1f} MiB, at most {bytes_max / 2**20:.0f} MiB are read")
        with file.open("rb") as source:
            return source.read(bytes_max)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise ValueFault(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _instead(folder: Path, name: str) -> str:
    """What the file may be called instead."""
    there = [path.name for path in folder.iterdir() if path.is_file() and path.name != "game.toml"]
    close = get_close_matches(name, there, n=1)
    return f": did you mean {close[0]}?" if close else ""

"""Which sources this node runs: a digest over `sync` and `client_core`, the same on a phone and on a server.

A phone runs the modules compiled; the digest of what they were compiled from
lies beside them. Everywhere else it is computed from the files themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

PACKED = "client_core/sources.sha256"
"""Where the digest lies among compiled modules, in hex."""
NOT_ON_PHONES = frozenset(
    (
        *("client_core/__main__.py", "client_core/cli.py", "client_core/replay.py", "client_core/gpx.py"),
        "client_core/transports/http.py",
    )
)
"""What needs sockets or a command line: no phone has it, so it is not counted."""


def sources(root: Path) -> dict[str, bytes]:
    """By name the files of the two packages in this folder that a phone runs: modules, and SQL."""
    found = {}
    for package in ("sync", "client_core"):
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in {".py", ".sql"} and "__pycache__" not in path.parts and name not in NOT_ON_PHONES:
                found[name] = path.read_bytes()
    return found


def digest_of(contents: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents, in hex."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(b"%s\x00%s\x00" % (name.encode(), hashlib.sha256(contents[name]).digest()))
    return whole.hexdigest()


@cache
def software() -> bytes:
    """The first 16 bytes of the digest of what runs here, as a session says it of itself."""
    packed = files("client_core").joinpath(Path(PACKED).name)
    told = packed.read_text("ascii") if packed.is_file() else digest_of(sources(Path(__file__).resolve().parents[1]))
    return bytes.fromhex(told)[:16]

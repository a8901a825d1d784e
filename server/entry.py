"""The way in to the command line `wayfold`, importable from the plain wheel.

The wheel carries the server's files, the extra `server` its libraries. Where
they are missing, whoever types `wayfold` is told how to get them instead of
being shown a traceback. At import this module needs the standard library only.
"""

from __future__ import annotations

import sys

OWN_PACKAGES = frozenset({"server", "client_core", "sync"})
EXIT_NOT_INSTALLED = 2


def main() -> int:
    """Run the command line and return its exit status; 2 where the extra `server` is not installed."""
    try:
        from server.cli import main as command_line
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if not package or package in OWN_PACKAGES:
            raise
        sys.stderr.write(f"wayfold: {package} is not installed. The server needs: pip install 'wayfold[server]'\n")
        return EXIT_NOT_INSTALLED
    return command_line()

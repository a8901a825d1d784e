"""HQ's own key, where the directory says that a later one took its place because it was stolen.

That happens to an HQ whose file is older than `wayfold tenant rotate-key
--stolen`: it was put back from a backup, or its machine was rolled back, and
has the key that everybody else has stopped believing. It can notice as soon as
any device, edge or bundle shows it the later statements. From then on it signs
nothing, which would be worth nothing, until the organiser gives it a new key.
"""

from __future__ import annotations

from server.problems import Problem
from sync.directory import Directory

RETRY_AFTER_S = 60

WHAT_TO_DO = (
    "HQ's file is older than its change of a stolen key: nobody believes the key it has, so it signs nothing."
    " Let each game's edges and phones be heard, stop the server, wayfold tenant rotate-key TENANT --stolen,"
    " start it, and take a backup"
)


def is_replaced(directory: Directory, key: bytes) -> bool:
    """Whether a key spoke for the tenant and what it signs from now on counts for nobody."""
    return key in directory.authorities and directory.is_revoked(key)


def check_own_key(directory: Directory, key: bytes) -> None:
    """Raise `Problem("healing")` where this node would sign with a key that was replaced as stolen."""
    if is_replaced(directory, key):
        raise Problem("healing", WHAT_TO_DO, retry_after_s=RETRY_AFTER_S)

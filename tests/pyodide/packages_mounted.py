"""Offers pytest, and what it needs, from the packages of the machine, all plain Python. Inside Pyodide only."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

OFFERED = {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "py", "pygments", "sortedcontainers", "tzdata"}


class Mounted:
    """Finds the offered packages in one folder, and nothing else there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name in OFFERED:
            return PathFinder.find_spec(name, [self.folder])
        return None


def offer(folder: str) -> None:
    """From now on they can be imported."""
    sys.meta_path.append(Mounted(folder))

"""Releases beside the one that is tested: an older one of fewer rules, and the next one of the player's app."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path
from types import ModuleType

from client_core.game.content import RULES
from client_core.store.migrations import newest_version

ROOT = Path(__file__).resolve().parents[2]
NEXT_VERSION = newest_version() + 1
NEXT_STEP = f"client_core/store/sql/{NEXT_VERSION:04d}_next.sql"
NEXT_SQL = "CREATE TABLE next_release (note TEXT NOT NULL) STRICT;\n"


def next_release(folder: Path) -> Path:
    """The programs of this tree in a folder of their own, whose app has one more step of the store; start it there."""
    _copy_programs(folder)
    build = _build_script()
    present = build.ASSETS
    stamp = next(path for path in present.iterdir() if path.is_dir())
    build.ASSETS = folder / "server" / "web" / "assets"
    made = build.ASSETS / "made"
    shutil.copytree(stamp, made, ignore=shutil.ignore_patterns("*.br"))
    with zipfile.ZipFile(made / "python" / "app.zip", "a") as archive:
        archive.writestr(NEXT_STEP, NEXT_SQL)
    named = build.stamp_of(made)
    made.rename(build.ASSETS / named)
    build.describe(build.ASSETS / named, named)
    return folder


def older_release(folder: Path) -> Path:
    """The programs of this tree before they knew the rule book they know now; start them there."""
    _copy_programs(folder)
    content = folder / "client_core" / "game" / "content.py"
    text, older = content.read_text("utf-8"), f"\nRULES = {RULES - 1}\n"
    assert text.count(f"\nRULES = {RULES}\n") == 1
    content.write_text(text.replace(f"\nRULES = {RULES}\n", older), "utf-8")
    return folder


def stamp_of_release(folder: Path) -> str:
    """The name of its set."""
    return next(path.name for path in (folder / "server" / "web" / "assets").iterdir() if path.is_dir())


def _copy_programs(folder: Path) -> None:
    for package in ("sync", "client_core", "server"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "assets", "*.br")
        )


def _build_script() -> ModuleType:
    """What builds the app, so that a set is named and described as every set is."""
    path = ROOT / ".ci" / "player" / "build.py"
    spec = importlib.util.spec_from_file_location("player_build", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module

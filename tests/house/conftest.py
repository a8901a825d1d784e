"""What the tests of the project itself share: where it is, what it tracks, and whether packages can be had."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked(root: Path) -> list[Path]:
    """Every file of the project: what git tracks, and what it would track if it were added now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


@pytest.fixture(scope="session")
def registry(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip what installs packages where none can be had: pip fetches one of the lock, or has it at hand."""
    assert importlib.util.find_spec("pip"), "the set-up puts pip into the environment"
    lines = (root / "requirements" / "dev.txt").read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("iniconfig=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    folder = tmp_path_factory.mktemp("registry")
    (folder / "one.txt").write_text("\n".join(lines[start : end + 1]))
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--require-hashes",
        "-r",
        "one.txt",
        "--retries",
        "1",
    ]
    fetched = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"no package can be installed here: {fetched.stderr.strip()[-200:]}")

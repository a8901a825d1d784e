"""The core's own tests pass inside the browser's Python, and so do the golden vectors: it computes what CPython does.

Runs in Node, with the repository mounted as it is. What needs numpy or pyproj, juries no browser has, stays outside.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = ("tests/client_core/game/test_geometry.py", "tests/client_core/game/test_highfield.py")
SLOW = ("ROUNDS_MAX", "every_character_folds", "tables_are_what_unicode_says")
"""A third of the time, for what does not depend on the platform: a session of many rounds, tables by brute force."""
INSIDE_S_MAX = 400


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The browser's builds of msgspec and hypothesis, by the lock's hashes."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("msgspec", "hypothesis"):
        command = (
            sys.executable,
            ROOT / ".ci" / "player" / "wheels.py",
            name,
            ROOT / "requirements" / "dev.txt",
            folder,
        )
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)
        if fetched.returncode:
            pytest.skip(f"no package for the browser can be had here: {fetched.stderr.strip()[-200:]}")
    return folder


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (ROOT / "node_modules" / "pyodide").is_dir():
        pytest.skip("needs Node and what `make assets` installs")
    return found


def test_the_browsers_python_is_made_the_same_byte_for_byte_twice(node: str, wheels: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.glob("msgspec-*.whl")
    script = ROOT / ".ci" / "player" / "python_parts.mjs"
    for name in ("one", "two"):
        subprocess.run((node, script, ROOT, wheel, tmp_path / name), capture_output=True, check=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert set(made) == {"app.zip", "library.zip", "msgspec.zip", "parts.json"}
    assert [name for name, content in made.items() if (tmp_path / "two" / name).read_bytes() != content] == []


def test_no_server_code_and_no_sockets_travel_to_a_phone(node: str, wheels: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.glob("msgspec-*.whl")
    script = ROOT / ".ci" / "player" / "python_parts.mjs"
    subprocess.run((node, script, ROOT, wheel, tmp_path), capture_output=True, check=True)
    names = zipfile.ZipFile(tmp_path / "app.zip").namelist()
    assert {name.split("/")[0] for name in names} == {"sync", "client_core"}
    assert not [name for name in names if name.endswith((".py", "transports/http.pyc", "cli.pyc"))]


def test_the_core_passes_its_own_tests_inside_pyodide(node: str, wheels: Path) -> None:
    pytest_spec = importlib.util.find_spec("pytest")
    assert pytest_spec is not None
    assert pytest_spec.origin is not None
    site = Path(pytest_spec.origin).parents[1]
    arguments = (
        *("-q", "-p", "no:cacheprovider", "--tb=short", "-k", " and ".join(f"not {name}" for name in SLOW)),
        *(option for path in OUTSIDE for option in ("--ignore", path)),
        *("tests/client_core/game", "tests/sync", "tests/golden"),
    )
    script = ROOT / "tests" / "pyodide" / "run_tests.mjs"
    done = subprocess.run(
        (node, script, ROOT, wheels, site, *arguments),
        capture_output=True,
        text=True,
        timeout=INSIDE_S_MAX,
        check=False,
    )
    said = done.stdout[-6000:] + done.stderr[:2000]
    assert done.returncode == 0, said
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, said
    assert int(passed[1]) > 800, said

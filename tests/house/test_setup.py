"""The set-up that `make` and .ci/run share: it chooses well, builds from the lock, and builds again only for a reason.

The environments made here are real, of the few packages that an editable install needs, in a copy of a small project.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

SMALL_LOCK = {"editables", "hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}
SMALL_PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "small"
version = "{version}"
[tool.hatch.build.targets.wheel]
packages = ["small"]
"""
SECOND_RUN_S_MAX = 2.0


@pytest.fixture(scope="module")
def environment(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", root / ".ci" / "environment.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def set_up(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WAYFOLD_")}
    return subprocess.run(
        [project / ".ci" / "setup"],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def small_project(root: Path, folder: Path) -> Path:
    """A project with our set-up and a short lock, cut from our own."""
    shutil.copytree(root / ".ci", folder / ".ci", ignore=shutil.ignore_patterns("__pycache__"))
    kept, lines = False, []
    for line in (root / "requirements" / "dev.txt").read_text().splitlines(keepends=True):
        kept = line.split("==")[0] in SMALL_LOCK if not line.startswith(" ") else kept
        lines += [line] if kept else []
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.txt").write_text("".join(lines))
    (folder / "pyproject.toml").write_text(SMALL_PROJECT.format(version="1.0"))
    (folder / "small").mkdir()
    (folder / "small" / "__init__.py").touch()
    return folder


def test_an_interpreter_that_loads_extensions_comes_first_then_one_that_needs_less_then_the_newest(
    environment: ModuleType,
) -> None:
    ranked = [
        environment.Python("a", (3, 12, 4), True, True),
        environment.Python("b", (3, 11, 2), True, True),
        environment.Python("c", (3, 14, 0), True, False),
        environment.Python("d", (3, 14, 0), False, True),
        environment.Python("e", (3, 13, 0), False, True),
    ]
    assert sorted(set(ranked), key=lambda python: python.rank, reverse=True) == ranked


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exit 1", "it does not run"),
        ("echo Python 2.7.18", "its answer is not ours"),
        ("""echo '["/x/python", [3, 10, 13], true, true, true]'""", "it is too old"),
        ("""echo '["/x/python", [3, 15, 0], true, true, true]'""", "it is too new for the lock"),
        ("""echo '["/x/pypy", [3, 11, 9], true, true, false]'""", "it is not CPython with its lock"),
    ],
)
def test_what_is_no_usable_interpreter_is_no_candidate(
    environment: ModuleType, tmp_path: Path, text: str, why: str
) -> None:
    assert environment.probe(str(script(tmp_path / "python3", text))) is None, why


def test_one_interpreter_under_many_names_is_asked_once(environment: ModuleType, tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("python3", "python3.11", "python")]
    for name in names:
        name.symlink_to(sys.executable)
    found = environment.probe_all([*map(str, names), str(tmp_path / "missing")])
    assert [python.version for python in found] == [sys.version_info[:3]]


def test_without_a_python_the_message_says_what_to_install(root: Path, tmp_path: Path) -> None:
    project = small_project(root, tmp_path)
    old = script(tmp_path / "bin" / "python3", "exit 1")
    answer = set_up(project, WAYFOLD_PYTHON=str(old))
    assert answer.returncode == 1
    assert "apt-get install python3 python3-venv" in answer.stderr
    assert "WAYFOLD_PYTHON" in answer.stderr
    assert not (project / ".venv").exists()


def test_a_package_that_does_not_match_its_hash_is_refused(root: Path, tmp_path: Path, registry: None) -> None:
    project = small_project(root, tmp_path)
    lock = project / "requirements" / "dev.txt"
    lock.write_text(lock.read_text().replace("sha256:", "sha256:0000")[: lock.stat().st_size])
    answer = set_up(project, WAYFOLD_PYTHON=sys.executable)
    assert answer.returncode == 1
    assert "--require-hashes" in answer.stderr
    assert not (project / ".venv" / "wayfold.json").exists()


def test_the_environment_is_made_once_and_again_only_when_something_changed(
    root: Path, tmp_path: Path, registry: None
) -> None:
    project = small_project(root, tmp_path / "small project")
    marker = project / ".venv" / "marker"

    def set_up_again() -> bool:
        """Run the set-up; true where it made the environment anew."""
        answer = set_up(project, WAYFOLD_PYTHON=sys.executable)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout == ""
        assert answer.stderr.splitlines()[-1].startswith(f"Python {sys.version.split()[0]} at ")
        made, _ = not marker.exists(), marker.touch()
        return made

    assert set_up_again()
    started = time.monotonic()
    assert not set_up_again()
    assert time.monotonic() - started < SECOND_RUN_S_MAX

    (project / "pyproject.toml").write_text(SMALL_PROJECT.format(version="2.0"))
    assert not set_up_again(), "a changed project is installed again, its environment stays"
    assert list((project / ".venv").rglob("small-2.0.dist-info"))

    lock = project / "requirements" / "dev.txt"
    lock.write_text(f"# changed\n{lock.read_text()}")
    assert set_up_again(), "the lock changed"

    (project / ".venv" / "wayfold.json").unlink()
    assert set_up_again(), "it was interrupted before its stamp"

    (project / ".venv" / "bin" / "python").unlink()
    assert set_up_again(), "its interpreter is gone"


def test_an_interpreter_without_ensurepip_gets_its_environment_another_way(
    environment: ModuleType, root: Path, tmp_path: Path, registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "VENV_PYTHON", tmp_path / ".venv" / "bin" / "python")
    python = environment.probe(sys.executable)
    # Its pip, where it has one, serves; a system's package manager is left alone here.
    with_pip = python._replace(path=sys.executable, has_ensurepip=False)
    assert environment.make_venv(with_pip)
    assert environment.has_pip()

"""The wheel carries everything, and without extras it is enough for a device."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PACKAGES = ("sync", "client_core", "server")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program far from the repository, so that only what is installed can be imported."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WAYFOLD_"))}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, root, cwd=folder)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("wayfold-*.whl"))


@pytest.fixture(scope="module")
def device(root: Path, registry: None, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what a device needs, nothing else."""
    return install(root / "requirements" / "device.txt", wheel, tmp_path_factory.mktemp("device"))


@pytest.fixture(scope="module")
def server(root: Path, registry: None, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and its extra `server`, nothing else."""
    return install(root / "requirements" / "server.txt", wheel, tmp_path_factory.mktemp("server"))


def install(lock: Path, wheel: Path, folder: Path) -> Path:
    """Make an environment of a lock and the wheel; returns where its programs are."""
    venv = folder / "venv"
    python = venv / "bin" / "python"
    steps = (
        (sys._base_executable, "-m", "venv", "--without-pip", venv),
        (*PIP, "--python", python, "install", "--require-hashes", "-r", lock),
        (*PIP, "--python", python, "install", "--no-deps", wheel),
    )
    for step in steps:
        done = run(*step, cwd=folder)
        assert done.returncode == 0, done.stderr
    return venv / "bin"


def test_the_wheel_holds_every_file_of_the_three_packages_and_nothing_else(
    root: Path, tracked: list[Path], wheel: Path
) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {path.relative_to(root).as_posix() for path in tracked if path.relative_to(root).parts[0] in PACKAGES}
    assert ours
    assets = {name for name in names if name.startswith("server/web/assets/")}
    assert names - assets == ours


def test_the_wheel_carries_the_players_app_as_it_was_built(root: Path, wheel: Path) -> None:
    built = root / "server" / "web" / "assets"
    if not (built / "set.json").exists():
        pytest.skip("the player's app is not built here: make assets")
    archive = zipfile.ZipFile(wheel)
    told = json.loads(archive.read("server/web/assets/set.json"))
    wanted = {f"server/web/assets/{told['stamp']}/{name}" for name in told["files"]}
    wanted |= {"server/web/assets/index.html", "server/web/assets/service-worker.js"}
    assert sorted(wanted - set(archive.namelist())) == []


def test_the_wheel_carries_its_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    licence = next(name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
    assert b"Apache License" in archive.read(licence)


def test_a_device_runs_from_the_plain_wheel(device: Path, tmp_path: Path) -> None:
    shown = run(device / "python", "-m", "client_core", "--help", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "check-in" in shown.stdout
    listing = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions()))"
    installed = run(device / "python", "-c", listing, cwd=tmp_path).stdout
    assert "litestar" not in installed
    assert "msgspec" in installed


@pytest.mark.parametrize("arguments", [("serve",), ("demo", "--once"), ()])
def test_a_server_command_without_its_extra_answers_with_the_install_line(
    device: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    answer = run(device / "wayfold", *arguments, cwd=tmp_path)
    assert answer.returncode == 2
    assert "pip install 'wayfold[server]'" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


def test_the_demo_plays_from_the_installed_wheel_far_from_the_repository(
    root: Path, server: Path, tmp_path: Path
) -> None:
    where = "import client_core, server, sync; print(*(m.__file__ for m in (client_core, server, sync)), sep='\\n')"
    found = run(server / "python", "-c", where, cwd=tmp_path).stdout.split()
    assert len(found) == 3
    assert all(Path(path).is_relative_to(server.parent) for path in found), found
    searched = run(server / "python", "-c", "import sys; print(*sys.path, sep='\\n')", cwd=tmp_path).stdout.split()
    assert not [path for path in searched if Path(path).is_relative_to(root)]
    # Faster than by default: whether it plays is what is asked here, not how much outages cost.
    played = run(server / "wayfold", "demo", "--json", "--speed", "1000", "--keep", tmp_path / "kept", cwd=tmp_path)
    assert played.returncode == 0, played.stderr[-4000:]
    outcome = json.loads(played.stdout)
    assert (outcome["lost"], outcome["broken"], outcome["wrong"]) == (0, 0, 0)
    assert outcome["digests"]["hq"] == outcome["digests"]["edge"]
    assert outcome["found"] >= 215

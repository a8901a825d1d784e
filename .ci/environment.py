"""Choose a Python, make .venv from the lock, try for SpatiaLite, and say in one line what was found.

`.ci/setup` runs this with the Pythons it found as arguments. It needs nothing but the standard library, asks for no
password, and writes its stamp last, so what was interrupted is made again. It has two halves: `main` may run in any
Python and sees to it that .venv stands; `finish` runs in .venv itself, so that what is said is what the tests meet.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "wayfold.json"
LOCK = ROOT / "requirements" / "dev.txt"
EXPLICIT = "WAYFOLD_PYTHON"

VERSION_MIN, VERSION_MAX = (3, 11), (3, 14)
PROBE_S_MAX = 30
PATIENCE_S_MAX = 300
"""How long a way that is only tried may take: a slow mirror must not hold a set-up that can do without it."""
INSTALL_S_MAX = 1800

PROBE = """
import json, platform, sqlite3, ssl, sys, sysconfig, venv, zlib
try:
    sqlite3.connect(":memory:").enable_load_extension(True)
    loads = True
except Exception:
    loads = False
try:
    import ensurepip
except ImportError:
    ensurepip = None
usable = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(json.dumps([sys._base_executable, sys.version_info[:3], loads, ensurepip is not None, usable]))
"""
"""What a candidate is asked. Whatever cannot run it, Python 2 or one built without ssl, is no candidate."""


class Python(NamedTuple):
    """One interpreter that could carry the environment."""

    path: str
    version: tuple[int, ...]
    loads_extensions: bool
    has_ensurepip: bool

    @property
    def rank(self) -> tuple[bool, bool, tuple[int, ...]]:
        """What makes one better than another: SpatiaLite as an extension, then less to install, then newer."""
        return self.loads_extensions, self.has_ensurepip, self.version

    def __str__(self) -> str:
        return f"Python {'.'.join(map(str, self.version))} at {self.path}"


def main(paths: list[str]) -> int:
    """See to it that .venv holds the lock, and finish; the exit status is 1 where no environment could be made."""
    with Path(__file__).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # `make run` beside `make test` waits for the one set-up
        stamp = read_stamp()
        paths = [path for path in paths if not Path(path).is_relative_to(VENV)]
        if EXPLICIT not in os.environ and "path" in stamp:
            paths.append(stamp["path"])
        if still_serves(stamp, paths):
            if inside_venv():
                return finish(paths)
        elif not build(paths):
            return 1
        return subprocess.run([VENV_PYTHON, "-I", __file__, "--finish", *paths], check=False).returncode


def finish(paths: list[str]) -> int:
    """Install the project itself where its declaration changed, try for SpatiaLite once, and say what was found."""
    stamp = read_stamp()
    done = {**stamp, "project": hash_of_project(), "candidates": identities(paths), "spatialite": "tried"}
    install = (VENV_PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    if stamp.get("project") != done["project"] and not run(*install):
        return 1
    if "spatialite" not in stamp and loads_extensions() and spatialite_version() is None:
        get_spatialite()
    if stamp != done:
        write_stamp(done)
    say(found(done["path"]))
    return 0


# --- What stands, and whether it still serves ---


def still_serves(stamp: dict[str, str], paths: list[str]) -> bool:
    """Whether .venv holds the present lock, under an interpreter that is still there and still the right one."""
    now = {"root": str(ROOT), "lock": hash_of(LOCK.read_bytes()), "python": identity(stamp.get("path", ""))}
    if any(stamp.get(name) != value for name, value in now.items()) or not (inside_venv() or has_pip()):
        return False
    if stamp["candidates"] == identities(paths):
        return True
    if EXPLICIT in os.environ:
        return False
    # Others are there than before. A working environment is given up only for one that can do more, for certain.
    pythons = probe_all(paths)
    kept_loads = any(python.loads_extensions for python in pythons if python.path == stamp["path"])
    return kept_loads or not any(python.loads_extensions and python.has_ensurepip for python in pythons)


def inside_venv() -> bool:
    """Whether the Python that runs this is the environment's own."""
    return Path(sys.prefix).resolve() == VENV


def identity(path: str) -> str:
    """Which file an interpreter is; an upgrade in place changes it."""
    try:
        status = Path(path).stat()
    except OSError:
        return "gone"
    return f"{Path(path).resolve()} {status.st_size} {status.st_mtime_ns}"


def identities(paths: list[str]) -> str:
    """One value for all that could be chosen from."""
    return hash_of(json.dumps([[path, identity(path)] for path in sorted(set(paths))]).encode())


def hash_of_project() -> str:
    """One value for what an editable install takes from pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return hash_of(json.dumps([project["build-system"], project["project"]]).encode())


def hash_of(content: bytes) -> str:
    """SHA-256 in hex digits."""
    return hashlib.sha256(content).hexdigest()


def read_stamp() -> dict[str, str]:
    """What the last complete set-up wrote; empty where there was none."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(stamp: dict[str, str]) -> None:
    """Say in .venv what it was made from."""
    STAMP.write_text(json.dumps(stamp, indent=1))


# --- Interpreters ---


def probe_all(paths: list[str]) -> list[Python]:
    """Every usable interpreter once, the best first; among equals in the order of the path."""
    first_names: dict[Path, str] = {}
    for path in paths:
        first_names.setdefault(Path(path).resolve(), path)
    pythons = [python for python in map(probe, first_names.values()) if python is not None]
    return sorted(pythons, key=lambda python: python.rank, reverse=True)


def probe(path: str) -> Python | None:
    """Ask one interpreter what it can do; None where it is none of ours."""
    command = [path, "-I", "-c", PROBE]
    try:
        asked = subprocess.run(command, capture_output=True, timeout=PROBE_S_MAX, env=clean(), check=True)
        executable, version, loads, ensurepip, usable = json.loads(asked.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    if not usable or not VERSION_MIN <= tuple(version[:2]) <= VERSION_MAX:
        return None
    return Python(executable, tuple(version), loads, ensurepip)


def build(paths: list[str]) -> bool:
    """Make .venv with the best interpreter that can be given one, and install the lock into it."""
    for python in probe_all(paths):
        say(f"{python}: making .venv from requirements/{LOCK.name}, about a minute")
        if not make_venv(python):
            say(f"{python}: has no ensurepip, and none of python3-venv, virtualenv, uv or pip could be had")
        elif run(VENV_PYTHON, "-m", "pip", "install", "--require-hashes", "--requirement", LOCK):
            made = {"root": str(ROOT), "lock": hash_of(LOCK.read_bytes()), "candidates": identities(paths)}
            write_stamp({**made, "path": python.path, "python": identity(python.path)})
            return True
    say("No environment could be made with any Python from 3.11 to 3.14 that was found. What is missing most often,")
    say("on Debian and Ubuntu, is python3-venv: apt-get install python3-venv. docs/guides/set-up.md knows more.")
    return False


def make_venv(python: Python) -> bool:
    """Make .venv with a pip in it, by the first way that works; what changes the system comes last but one."""
    release = ".".join(map(str, python.version[:2]))
    venv = (python.path, "-m", "venv", VENV)
    bare = (python.path, "-m", "venv", "--without-pip", VENV)
    if python.has_ensurepip and new_venv(venv):
        return True
    return (
        new_venv((python.path, "-m", "virtualenv", VENV))
        or new_venv(("virtualenv", "--python", python.path, VENV))
        or new_venv(("uv", "venv", "--seed", "--python", python.path, VENV))
        or new_venv(bare, (python.path, "-m", "pip", "--python", VENV_PYTHON, "install", "pip"))
        or (install_system("apt-get", f"python{release}-venv") and new_venv(venv))
        or (new_venv(bare, needs_pip=False) and pip_from_debian() and has_pip())
    )


def new_venv(*steps: tuple[str | Path, ...], needs_pip: bool = True) -> bool:
    """Take one way to a fresh .venv, step by step; false where one fails."""
    shutil.rmtree(VENV, ignore_errors=True)
    return all(attempt(*step) for step in steps) and (has_pip() or not needs_pip)


def has_pip() -> bool:
    """Whether the environment runs and can install."""
    return attempt(VENV_PYTHON, "-m", "pip", "--version")


def pip_from_debian() -> bool:
    """Put pip into a bare .venv from Debian's package of it, unpacked beside the system: that needs no rights."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("state/lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True)
        own = ("-o", f"Dir::State={folder}/state", "-o", f"Dir::Cache={folder}/cache")
        download = ("download", "python3-pip-whl")
        if not attempt("apt-get", *download, cwd=folder):
            attempt("apt-get", *own, "update", cwd=folder)
            attempt("apt-get", *own, *download, cwd=folder)
        for package in folder.glob("*.deb"):
            attempt("dpkg-deb", "-x", package, folder)
        wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
        return bool(wheels) and attempt(VENV_PYTHON, wheels[-1] / "pip", "install", "--no-index", wheels[-1])


# --- SpatiaLite ---


def loads_extensions() -> bool:
    """Whether the sqlite3 of this Python can load any extension."""
    return hasattr(sqlite3.Connection, "enable_load_extension")


def spatialite_version() -> str | None:
    """The version of mod_spatialite that this Python loads, or None."""
    database = sqlite3.connect(":memory:")
    try:
        database.enable_load_extension(True)
        for folder in ("", f"{sys.base_prefix}/lib/", "/opt/homebrew/lib/", "/usr/local/lib/"):
            with contextlib.suppress(sqlite3.OperationalError):
                database.load_extension(f"{folder}mod_spatialite")
                return str(database.execute("SELECT spatialite_version()").fetchone()[0])
    except (AttributeError, sqlite3.Error):
        return None
    finally:
        database.close()
    return None


def get_spatialite() -> None:
    """Try every package manager that is there and asks for no password; it is well if none has it."""
    say("looking for mod_spatialite")
    if install_system("apt-get", "libsqlite3-mod-spatialite") or install_system("dnf", "libspatialite"):
        return
    if attempt("env", "HOMEBREW_NO_AUTO_UPDATE=1", "brew", "install", "--quiet", "libspatialite"):
        return
    if (Path(sys.base_prefix) / "conda-meta").is_dir():
        attempt("conda", "install", "--yes", "--prefix", sys.base_prefix, "-c", "conda-forge", "libspatialite")


def install_system(manager: str, package: str) -> bool:
    """Install one of the system's packages, where root runs this or sudo asks for no password."""
    rights = () if os.geteuid() == 0 else ("sudo", "-n")
    if not shutil.which(manager) or not attempt(*rights, "true"):
        return False
    options = ("-o", "DPkg::Lock::Timeout=60") if manager == "apt-get" else ()
    install = (*rights, "env", "DEBIAN_FRONTEND=noninteractive", manager, *options, "install", "-y", package)
    if attempt(*install):
        return True
    return manager == "apt-get" and attempt(*rights, manager, "update") and attempt(*install)


# --- Programs and words ---


def attempt(*command: str | Path, cwd: Path = ROOT) -> bool:
    """Run what may as well fail: missing, failing and too slow are one answer, and no news."""
    return failure_of(command, cwd, PATIENCE_S_MAX) is None


def run(*command: str | Path) -> bool:
    """Run what has to succeed, and show what it said where it does not."""
    failure = failure_of(command, ROOT, INSTALL_S_MAX)
    if failure is not None:
        say(f"This failed: {' '.join(map(str, command))}\n{failure}")
    return failure is None


def failure_of(command: tuple[str | Path, ...], cwd: Path, seconds_max: int) -> str | None:
    """Run a program to its end without input; None where it succeeded, else the end of what it said."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=clean(),
            timeout=seconds_max,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if done.returncode == 0 else done.stdout.decode(errors="replace")[-4000:]


def clean() -> dict[str, str]:
    """The environment for what is started here: nothing in it may lead Python or pip elsewhere."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def found(path: str) -> str:
    """The one line: which interpreter, whether its SQLite loads extensions, and whose spatial functions serve."""
    python = f"Python {sys.version.split()[0]} at {path}, SQLite {sqlite3.sqlite_version}"
    version = spatialite_version()
    if version is not None:
        return f"{python} with extensions: SpatiaLite {version}"
    if loads_extensions():
        return f"{python} with extensions, but no mod_spatialite to be had: functions registered from Python"
    return f"{python} without extensions: spatial functions registered from Python"


def say(text: str) -> None:
    """To standard error, so that `make run ARGS=--json` prints its answer and nothing else."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(finish(sys.argv[2:]) if sys.argv[1:2] == ["--finish"] else main(sys.argv[1:]))

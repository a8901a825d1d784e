"""The lock is complete, hashed, and says nothing about where packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

# Written in parts, because this file is searched too.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("conda", "anaconda", "org"),
    )
]
LOCKS = ["dev.txt", "server.txt", "device.txt"]


def pins_of(lock: Path) -> dict[str, list[str]]:
    """The lines that belong to each package of a lock."""
    pins: dict[str, list[str]] = {}
    name = ""
    for line in lock.read_text().splitlines():
        if not line.startswith(" "):
            name = line.split("==")[0]
        pins.setdefault(name, []).append(line)
    return pins


def names_of(requirements: list[str]) -> set[str]:
    return {match[0].lower() for line in requirements if (match := re.match(r"[\w.-]+", line))}


def test_no_tracked_file_names_a_package_registry(tracked: list[Path]) -> None:
    assert len(tracked) > 20
    named = [
        f"{path.name}: {host}"
        for path in tracked
        for host in REGISTRY_HOSTS
        if host.encode() in path.read_bytes().lower()
    ]
    assert named == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_only_exact_versions_with_hashes(root: Path, lock: str) -> None:
    pins = pins_of(root / "requirements" / lock)
    assert pins
    for name, lines in pins.items():
        assert re.match(r"[a-z0-9-]+==[\w.]+( ;|( \\)?$)", lines[0]), name
        assert any("--hash=sha256:" in line for line in lines), name
    assert "://" not in (root / "requirements" / lock).read_text()


def test_the_locks_hold_every_declared_dependency_and_agree(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    device, extras = names_of(project["dependencies"]), project["optional-dependencies"]
    server, dev = device | names_of(extras["server"]), device | names_of(extras["server"]) | names_of(extras["dev"])
    for lock, declared in (("device.txt", device), ("server.txt", server), ("dev.txt", dev - {"wayfold"})):
        assert declared <= pins_of(root / "requirements" / lock).keys(), lock
    in_dev = {line for lines in pins_of(root / "requirements" / "dev.txt").values() for line in lines if "==" in line}
    for lock in ("device.txt", "server.txt"):
        assert {line for line in (root / "requirements" / lock).read_text().splitlines() if "==" in line} <= in_dev


def test_every_dependency_has_its_reason_beside_it(root: Path) -> None:
    text = (root / "pyproject.toml").read_text().splitlines()
    assert text
    for number, line in enumerate(text):
        if re.match(r'    "[\w.-]+[><=]', line):
            above = text[number - 1].lstrip()
            assert "#" in line.split('"', 2)[2] or above.startswith(("#", f'"{line.split(">")[0][5:]}>')), line

"""The lock of the player's app holds exact versions with hashes, and no word of where packages come from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def packages(root: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((root / "package-lock.json").read_text("utf-8"))["packages"]
    return {name: package for name, package in found.items() if name}


def test_every_package_is_locked_with_its_hash(packages: dict[str, dict[str, Any]]) -> None:
    assert packages
    assert [name for name, package in packages.items() if "integrity" not in package] == []


def test_no_package_says_where_it_comes_from(root: Path, packages: dict[str, dict[str, Any]]) -> None:
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert "registry" not in (root / "package-lock.json").read_text("utf-8")
    assert "omit-lockfile-registry-resolved=true" in (root / ".npmrc").read_text("utf-8").splitlines()


def test_what_the_app_carries_is_asked_for_by_an_exact_version(root: Path) -> None:
    asked = json.loads((root / "package.json").read_text("utf-8"))["dependencies"]
    assert [name for name, version in asked.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []

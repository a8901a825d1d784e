"""The documents agree with the project: links lead somewhere, commands exist, the changelog knows the version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

KINDS = ["tutorial", "guides", "reference", "why"]


def pages_of(tracked: list[Path]) -> list[Path]:
    return [path for path in tracked if path.suffix == ".md"]


def test_every_relative_link_leads_to_a_file(tracked: list[Path], root: Path) -> None:
    pages = pages_of(tracked)
    assert pages
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if not link.startswith(("http://", "https://", "#", "mailto:"))
    ]
    assert links
    broken = [
        f"{page.relative_to(root)}: {link}" for page, link in links if not (page.parent / link.split("#")[0]).exists()
    ]
    assert broken == []


def test_every_make_command_in_a_document_is_a_target(tracked: list[Path], root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), flags=re.MULTILINE))
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages_of(tracked))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, flags=re.MULTILINE))
    assert {"run", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_the_documentation_is_reachable_from_its_index(root: Path, kind: str) -> None:
    folder = root / "docs" / kind
    index = folder / "README.md" if (folder / "README.md").exists() else root / "docs" / "README.md"
    text = index.read_text(encoding="utf-8")
    pages = [path for path in folder.glob("*.md") if path != index]
    assert [str(path.relative_to(root)) for path in pages if f"{path.relative_to(index.parent)})" not in text] == []


def test_the_changelog_has_the_form_it_claims(root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    text = (root / "CHANGELOG.md").read_text()
    assert re.search(rf"^## \[(Unreleased|{re.escape(version)})\]", text, flags=re.MULTILINE)
    assert set(re.findall(r"^### (.*)$", text, flags=re.MULTILINE)) <= {
        *("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"),
    }

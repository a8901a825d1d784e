"""The player's app in a real browser, against real nodes. What cannot be had here is skipped with its reason."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from phones import CHROMIUM, NewPhone, Phone
from playable import found_game
from playwright.sync_api import Playwright, sync_playwright
from served import ServedProcess

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def player_app() -> None:
    """The app, built from what is in the tree now; one worker builds, the others wait."""
    command = [sys.executable, ROOT / ".ci" / "player" / "build.py"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.skip(f"the player's app cannot be built here: {built.stderr.strip()[-300:]}")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For one module: it keeps an event loop running in this thread, in which other tests could not run theirs."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as started:
        yield started


@pytest.fixture
def new_phone(playwright: Playwright, player_app: None, tmp_path: Path) -> Iterator[NewPhone]:
    """Make a phone: `new_phone("ann", node.url)`; at the end none may have complained."""
    made: list[Phone] = []

    def make(name: str, url: str) -> Phone:
        folder = tmp_path / f"phone-{name}"
        folder.mkdir(exist_ok=True)
        phone = Phone(playwright, folder, url)
        made.append(phone)
        return phone

    yield make
    for phone in made:
        phone.close()
    assert [fault for phone in made for fault in phone.faults] == []


@pytest.fixture
def hq(tmp_path: Path, player_app: None) -> Iterator[ServedProcess]:
    """Headquarters with the game `acme/park`, which began five minutes ago; `hq.code` makes new teams."""
    folder = tmp_path / "hq"
    code = found_game(folder)
    node = ServedProcess(folder).start()
    node.code = code
    yield node
    node.stop()

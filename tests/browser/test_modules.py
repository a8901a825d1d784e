"""The app's modules without a browser: their types, their style, their words, and the bytes they speak."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from client_core.game import lines
from client_core.game.scoring import Status
from client_core.game.verdicts import Reason
from client_core.store.errors import StoreError

ROOT = Path(__file__).resolve().parents[2]
PLAYER = ROOT / "server" / "web" / "player"
CATALOGUES = sorted((PLAYER / "words").glob("*.json"))
PLURAL_FORMS = {
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "de": {"one", "other"},
    "en": {"one", "other"},
    "fr": {"one", "many", "other"},
    "nl": {"one", "other"},
}
"""What `Intl.PluralRules` may choose, by language (CLDR)."""
LINE_CODES = {value for name, value in vars(lines).items() if name.isupper() and isinstance(value, str)}


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not (ROOT / "node_modules" / "typescript").is_dir():
        pytest.skip("needs Node and what `make assets` installs")
    return found


def run(*command: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, check=False)


def test_the_types_in_the_comments_hold(node: str) -> None:
    checked = run(node, "node_modules/typescript/bin/tsc", "-p", "server/web/player")
    assert checked.returncode == 0, checked.stdout.decode()


def test_the_linter_finds_nothing(node: str) -> None:
    checked = run(node, "node_modules/eslint/bin/eslint.js", ".")
    assert checked.returncode == 0, checked.stdout.decode()


VALUES: list[Any] = [
    *(None, True, False, 0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1),
    *(-1, -32, -33, -128, -129, -32_768, -(2**31), -(2**31) - 1, -(2**53 - 1), 0.5),
    *("", "a" * 31, "é" * 16, "b" * 300, "c" * 70_000, b"", b"\x00\xff", b"d" * 300, b"e" * 70_000),
    *([], [1] * 15, [1] * 16, [[None]] * 70_000),
    *({}, {"lon_e7": 112_558_000}, {f"k{n}": n for n in range(16)}, {"deep": [{"er": b"x"}]}),
]


def test_the_app_reads_what_msgspec_writes_and_writes_what_msgspec_reads(node: str) -> None:
    script = """
        import { decode, encode } from "./server/web/player/msgpack.js";
        import { readFileSync } from "node:fs";
        process.stdout.write(encode(decode(new Uint8Array(readFileSync(0)))));
    """
    written = msgspec.msgpack.encode(VALUES)
    answered = run(node, "--input-type=module", "-e", script, stdin=written)
    assert answered.returncode == 0, answered.stderr.decode()
    assert msgspec.msgpack.decode(answered.stdout) == VALUES


@pytest.mark.parametrize(
    "damaged", [b"", b"\x92\x01", b"\xc1", b"\xa5abc", b"\x01\x02", b"\xcf" + b"\xff" * 8, b"\xa1\xff"]
)
def test_the_app_refuses_what_is_no_value(node: str, damaged: bytes) -> None:
    script = """
        import { decode } from "./server/web/player/msgpack.js";
        import { readFileSync } from "node:fs";
        try { decode(new Uint8Array(readFileSync(0))); } catch { process.exit(7); }
    """
    assert run(node, "--input-type=module", "-e", script, stdin=damaged).returncode == 7


def catalogue(path: Path) -> dict[str, str | dict[str, str]]:
    found: dict[str, str | dict[str, str]] = json.loads(path.read_text("utf-8"))
    return found


def values_in(text: str | dict[str, str]) -> set[str]:
    """The names in braces; of forms those of the general one."""
    return set(re.findall(r"\{(\w+)\}", text if isinstance(text, str) else text["other"]))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_has_every_reason_line_status_and_fault_of_the_store(path: Path) -> None:
    words = catalogue(path)
    wanted = {f"reason.{reason}" for reason in Reason} | {f"status.{status}" for status in Status}
    wanted |= {f"line.{code}" for code in LINE_CODES} | {
        f"reason.outside_fence{end}" for end in (".fix", ".area", ".area.fix")
    }
    assert sorted(wanted - set(words)) == []
    told = {"store_disk_full", "store_corrupt", "store_newer", "store_unreachable", "store_locked"}
    assert told <= {kind.code for kind in StoreError.__subclasses__()}
    assert sorted(f"failed.{code}" for code in told if f"failed.{code}" not in words) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_says_the_same_things_as_the_english_one_with_the_same_values(path: Path) -> None:
    english, words = catalogue(PLAYER / "words" / "en.json"), catalogue(path)
    assert set(words) == set(english)
    wrong = [key for key, text in words.items() if values_in(text) != values_in(english[key])]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_every_plural_form_of_the_language_is_there(path: Path) -> None:
    forms = PLURAL_FORMS[path.stem]
    wrong = [key for key, text in catalogue(path).items() if isinstance(text, dict) and set(text) != forms]
    assert wrong == []


def test_every_word_that_the_modules_ask_for_is_in_the_catalogue() -> None:
    words = catalogue(PLAYER / "words" / "en.json")
    asked = {
        key for path in PLAYER.rglob("*.js") for key in re.findall(r'\bt\(\s*"([a-z_.]+)"', path.read_text("utf-8"))
    }
    assert len(asked) > 50
    assert sorted(asked - set(words)) == []


def test_every_language_to_choose_has_a_catalogue_and_every_catalogue_is_to_be_chosen(player_app: None) -> None:
    page = (PLAYER.parent / "assets" / "index.html").read_text("utf-8")
    offered = re.search(r'data-languages="(.*?)"', page)
    assert offered is not None
    told = {path.stem: catalogue(path)["language.own"] for path in CATALOGUES}
    assert json.loads(html.unescape(offered[1])) == told


def test_nothing_is_in_the_catalogue_that_no_module_asks_for() -> None:
    code = "\n".join(path.read_text("utf-8") for path in sorted(PLAYER.rglob("*.js")))
    quoted, begun = set(re.findall(r'"([\w.]+)"', code)), tuple(set(re.findall(r"`(\w+\.)\$\{", code)))
    words = catalogue(PLAYER / "words" / "en.json")
    unasked = [key for key in words if key not in quoted and not key.startswith(begun)]
    assert unasked == ["language.own"]  # the build reads that one

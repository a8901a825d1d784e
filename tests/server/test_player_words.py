"""The player app's catalogues: every language says everything, in every plural form, and nothing nobody asks for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from client_core.game import lines
from client_core.game.statuses import Status
from client_core.game.verdicts import Reason

PLAYER = Path(__file__).resolve().parents[2] / "server" / "web" / "player"
WORDS = PLAYER / "words"
LANGUAGES = sorted(path.stem for path in WORDS.glob("*.json"))
PLURAL_FORMS = {"en": {"one", "other"}, "de": {"one", "other"}, "nl": {"one", "other"}, "fr": {"one", "many", "other"}}
"""Of cardinal numbers, by CLDR (unicode.org/reports/tr35, language plural rules). A new language adds its own."""

Words = dict[str, str | dict[str, str]]


def catalogue(language: str) -> Words:
    found: Words = json.loads((WORDS / f"{language}.json").read_text("utf-8"))
    return found


def texts(entry: str | dict[str, str]) -> list[str]:
    return list(entry.values()) if isinstance(entry, dict) else [entry]


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def sources() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(PLAYER.rglob("*.js")))


def test_the_app_offers_the_languages_that_have_a_catalogue() -> None:
    offered = re.search(r"LANGUAGES = .*?\(\{(.*?)\}\)", (PLAYER / "words.js").read_text("utf-8"))
    assert offered is not None
    assert sorted(re.findall(r"(\w+): \"", offered[1])) == LANGUAGES == sorted(PLURAL_FORMS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_in_every_plural_form_with_the_same_values(language: str) -> None:
    english, words = catalogue("en"), catalogue(language)
    assert list(words) == list(english), "the same keys, in the same order"
    for key, entry in words.items():
        assert isinstance(entry, dict) == isinstance(english[key], dict), key
        if isinstance(entry, dict):
            assert set(entry) == PLURAL_FORMS[language], key
        wanted = {name for text in texts(english[key]) for name in names(text)}
        for text in texts(entry):
            assert text.strip() == text != "", key
            assert names(text) <= wanted, key
        assert {name for text in texts(entry) for name in names(text)} == wanted, key


def test_every_code_of_the_rule_book_has_words() -> None:
    english = catalogue("en")
    codes = {value for name, value in vars(lines).items() if name.isupper() and isinstance(value, str)}
    assert {f"line.{code}" for code in codes} <= set(english)
    assert {f"reason.{reason}" for reason in Reason} <= set(english)
    assert {f"status.{status}" for status in Status} <= set(english)


def test_what_the_app_asks_for_is_there_and_what_is_there_is_asked_for() -> None:
    english, code = catalogue("en"), sources()
    asked = set(re.findall(r"\b(?:t|has)\(\"([\w.]+)\"", code))
    assert asked <= set(english)
    beginnings = {found for found in re.findall(r"`([\w]+\.)\$\{", code) if found}
    quoted = set(re.findall(r"\"([\w.]+)\"", code))
    unused = {key for key in english if key not in quoted and not key.startswith(tuple(beginnings))}
    assert unused == set()

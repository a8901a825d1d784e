"""Answers: what is the same answer, what can be said of one where, and what an attacker with the package can do."""

# ruff: noqa: RUF001  (characters that look like others are what is compared here)

from __future__ import annotations

import hashlib
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_core.game import answers
from client_core.game.answers import (
    Mark,
    Outcome,
    answer_hash,
    answer_key,
    judge_answer,
    judge_key,
    normalise,
    seal,
    secret_hash,
    secret_message,
    unseal,
)
from client_core.game.challenges import Challenge, Form, Hashed, Interval, Judged, Key, Later, Sealed
from client_core.game.numbers import parse_numbers, written

SALT = bytes(range(16))


def challenge(key: Key, form: Form = Form.TEXT) -> Challenge:
    return Challenge("R3", "Riddle", "Whose tower?", None, form, key, 30)


def hashed(*rights: str, form: Form = Form.TEXT) -> Hashed:
    return Hashed(SALT, tuple(answer_hash(SALT, answer_key(form, right)) for right in rights))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brunelleschi", "  BRUNELLESCHI!"),
        ("Città del Vaticano", "citta-del-vaticano"),
        ("Straße", "STRASSE"),
        ("Ærøskøbing", "aeroskobing"),
        ("Łódź", "lodz"),
        ("ΟΔΥΣΣΕΥΣ", "Οδυσσεύς"),
        ("Ёлка", "елка"),
        ("Київ", "КИІВ"),
        ("ＡＢＣ１２３", "abc123"),
        ("ﬁnish", "FINISH"),
        ("١٢٣", "123"),
        ("l’aquila", "L'Aquila"),
        ("東 京", "東京"),
    ],
)
def test_case_accents_width_spaces_and_punctuation_make_no_difference(one: str, other: str) -> None:
    assert normalise(one) == normalise(other) != ""


@pytest.mark.parametrize(("one", "other"), [("tower", "towers"), ("42", "43"), ("С", "C"), ("ガ", "カ"), ("½", "1")])
def test_what_people_mean_differently_stays_different(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("42", ["42"]),
        (" -7 m", ["-7"]),
        ("−7,50 m²", ["-7.5"]),
        ("−7,50 m", ["-7.5"]),
        ("+3.14", ["3.14"]),
        ("1 234,5", ["1234.5"]),
        ("1'234.5", ["1234.5"]),
        ("1.234,5", ["1234.5"]),
        ("1,234.5", ["1234.5"]),
        ("1,234", ["1.234", "1234"]),
        ("0,234", ["0.234"]),
        ("1.234.567", ["1234567"]),
        ("1.23.4", []),
        (".5", ["0.5"]),
        ("5.", ["5"]),
        ("007", ["7"]),
        ("١٢٫٥", ["12.5"]),
        ("１２", ["12"]),
        ("3 or 4", []),
        ("about", []),
        ("", []),
        ("-", []),
        ("1e3", []),
        ("9" * 16, []),
        ("-0", ["0"]),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, readings: list[str]) -> None:
    assert [written(number) for number in parse_numbers(text)] == readings


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 15))
def test_a_number_is_read_as_it_is_written(digits: int, decimals: int) -> None:
    text = written((digits, decimals))
    once = parse_numbers(text)[0]
    assert once[0] * 10**decimals == digits * 10 ** once[1]
    assert parse_numbers(written(once))[0] == once


@given(st.text(max_size=60))
def test_any_text_is_judged_and_its_key_is_a_key_of_itself(text: str) -> None:
    for form in Form:
        key = answer_key(form, text)
        assert answer_key(form, key) == key
        assert judge_answer(challenge(hashed("x"), form), text).key == key
    assert judge_answer(challenge(Interval(0, 1, 0), Form.NUMBER), text).outcome in {Outcome.RIGHT, Outcome.WRONG}


def test_a_right_text_is_known_by_its_hash_with_every_alternative() -> None:
    asked = challenge(hashed("Palazzo Vecchio", "Palazzo della Signoria"))
    assert judge_answer(asked, "PALAZZO VECCHIO.") == Mark(Outcome.RIGHT, "palazzovecchio")
    assert judge_answer(asked, "palazzo della signoria").outcome is Outcome.RIGHT
    assert judge_answer(asked, "Bargello") == Mark(Outcome.WRONG, "bargello")


@pytest.mark.parametrize(
    ("text", "outcome", "distance"),
    [
        ("114.5 m", Outcome.RIGHT, 0),
        ("114,0", Outcome.RIGHT, 500_000),
        ("115", Outcome.RIGHT, 500_000),
        ("115.000001", Outcome.WRONG, 500_001),
        ("100", Outcome.WRONG, 14_500_000),
        ("high", Outcome.WRONG, None),
    ],
)
def test_a_number_is_right_within_its_tolerance_and_tells_how_far_it_is(
    text: str, outcome: Outcome, distance: int | None
) -> None:
    mark = judge_answer(challenge(Interval(1140, 1150, 1145, 1), Form.NUMBER), text)
    assert (mark.outcome, mark.distance) == (outcome, distance)


def test_a_number_with_two_readings_is_right_if_either_is() -> None:
    assert judge_answer(challenge(Interval(1234, 1234, 1234), Form.NUMBER), "1,234") == Mark(Outcome.RIGHT, "1234", 0)
    assert judge_answer(challenge(Interval(1234, 1234, 1234, 3), Form.NUMBER), "1,234").key == "1.234"


def test_an_order_is_right_only_in_that_order() -> None:
    asked = challenge(hashed("Giotto\nMasaccio\nRaffaello", form=Form.ORDER), Form.ORDER)
    assert judge_answer(asked, "giotto\nMASACCIO\nraffaello").outcome is Outcome.RIGHT
    assert judge_answer(asked, "Masaccio\nGiotto\nRaffaello").outcome is Outcome.WRONG
    assert judge_answer(asked, "Giotto Masaccio Raffaello").outcome is Outcome.WRONG


@pytest.mark.parametrize(
    ("key", "outcome"),
    [(Later(), Outcome.UNKNOWN), (Judged(), Outcome.UNKNOWN), (Judged(automatic=True), Outcome.RIGHT)],
)
def test_what_people_or_headquarters_judge_is_unknown_here(key: Key, outcome: Outcome) -> None:
    assert judge_answer(challenge(key), "anything").outcome is outcome


def test_the_sealed_part_judges_what_is_judged_later() -> None:
    asked = challenge(Later())
    assert judge_answer(asked, "Dante").outcome is Outcome.UNKNOWN
    assert judge_key(asked.form, hashed("Dante"), "dante").outcome is Outcome.RIGHT
    assert judge_key(asked.form, hashed("Dante"), "Virgil").outcome is Outcome.WRONG


@pytest.mark.parametrize("plain", [hashed("Dante", "Durante"), Interval(4, 6, 5, 1)])
def test_a_sealed_key_opens_with_its_secret_however_it_is_typed_and_with_no_other(plain: Hashed | Interval) -> None:
    box = seal(plain, "K7QM-2XWA", SALT)
    assert unseal(box, "K7QM-2XWA") == unseal(box, "k7qm 2xwa") == plain
    assert unseal(box, "K7QM-2XWB") is None
    assert unseal(box, "") is None


def test_a_sealed_challenge_is_unknown_without_its_secret() -> None:
    asked = challenge(seal(hashed("Dante"), "K7QM2XWA", SALT))
    assert judge_answer(asked, "Dante") == Mark(Outcome.UNKNOWN, "dante")
    assert judge_answer(asked, "Dante", "guess").outcome is Outcome.UNKNOWN
    assert judge_answer(asked, "Dante", "K7QM2XWA").outcome is Outcome.RIGHT
    assert judge_answer(asked, "Virgil", "K7QM2XWA").outcome is Outcome.WRONG


def test_a_sealed_box_tells_an_attacker_nothing_that_can_be_checked_without_the_secret() -> None:
    plain = hashed("Dante")
    box = seal(plain, "K7QM2XWA", SALT)
    shown = msgspec.msgpack.encode(challenge(box))
    # Neither the answer's salt where it could be used, nor its hash, nor the salted hash of the secret stand in it.
    for telling in (plain.hashes[0], b"dante", b"k7qm2xwa", hashlib.sha256(SALT + b"k7qm2xwa").digest()):
        assert telling not in shown
    # The same answer in another box looks like any other: no pattern between games or challenges.
    other = seal(plain, "K7QM2XWA", bytes(16))
    assert other.box != box.box
    assert other.check != box.check
    # Every bit of the box counts, so a device cannot turn a wrong key into another one.
    for place in range(len(box.box)):
        bent = bytes(byte ^ (place == number) for number, byte in enumerate(box.box))
        assert unseal(Sealed(box.salt, bent, box.check), "K7QM2XWA") is None


def test_a_short_secret_is_guessed_and_every_guess_hashes_all_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed_bytes = []
    plain_sha256 = hashlib.sha256

    def counting(data: bytes = b"") -> object:
        hashed_bytes.append(len(data))
        return plain_sha256(data)

    box = seal(hashed("Dante"), "27", SALT)
    answers._unsealed.cache_clear()
    answers.stretched.cache_clear()
    monkeypatch.setattr(answers.hashlib, "sha256", counting)
    guesses = ["".join(digits) for digits in product("0123456789", repeat=2)]
    assert [guess for guess in guesses if unseal(box, guess) is not None] == ["27"]
    assert sum(size >= answers.STRETCH_BYTES for size in hashed_bytes) == len(guesses)


def test_a_secret_is_known_by_a_hash_that_names_its_checkpoint() -> None:
    assert secret_hash("31", "Oak Tree") == secret_hash("31", "oaktree")
    assert secret_hash("31", "oaktree") != secret_hash("32", "oaktree")
    assert secret_message("3", "1x") != secret_message("31", "x")
    assert len(secret_hash("31", "oaktree")) == 32


def test_the_hashes_are_the_same_on_every_platform_for_ever() -> None:
    assert answer_hash(SALT, "dante").hex() == "1c39e4f379a0857eda15020191815b38a9252781adb87737a71bb7311935b19c"
    assert secret_hash("31", "oaktree").hex() == "84005ffa62ced8ca28715e75f0b4665846b5738f4f3aae4d93131fb9df32bfc0"
    sealed = msgspec.msgpack.encode(seal(Interval(4, 6, 5, 1), "k7qm", SALT)).hex()
    assert sealed == (
        "9402c410000102030405060708090a0b0c0d0e0fc4061188575aed40c42095b8574d55edf0725e929280a5df2e"
        "3e8370ac952bab7bcd4588d518e11bfcc9"
    )

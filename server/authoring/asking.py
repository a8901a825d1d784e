"""The table of challenges: what is asked, and where its answer is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import msgspec

from client_core.game.answers import answer_hash, answer_key, seal
from client_core.game.challenges import Challenge, Form, Hashed, Hint, Interval, Judged, Key, Later
from client_core.game.media import Medium
from client_core.game.numbers import parse_numbers
from client_core.game.publish import Finding, Kept
from client_core.signing import random_bytes
from server.authoring.reading import Report
from server.authoring.tables import Row
from server.authoring.values import ValueFault, span_ms

FORMS = {
    "text": Form.TEXT,
    "number": Form.NUMBER,
    "choice": Form.CHOICE,
    "order": Form.ORDER,
    "photo": Form.PHOTO,
    "free text": Form.FREE_TEXT,
}
JUDGED = ("open", "sealed", "later", "people", "automatic")
SALT_BYTES = 16
WORDS = 500_000
"""About what a dictionary with names and places has."""


def read_challenges(
    rows: list[Row],
    number_by_code: Mapping[str, int],
    secrets: Mapping[str, str],
    media: Sequence[Medium],
    report: Report,
) -> tuple[tuple[Challenge, ...], tuple[Kept, ...]]:
    """The challenges of a table, which show these media, and what judges those of them that are judged later."""
    numbers = {medium.name: number for number, medium in enumerate(media)}
    challenges: list[Challenge] = []
    kept: list[Kept] = []
    for row in rows:
        try:
            challenge, plain = _challenge(row, number_by_code, secrets)
            shown = tuple(numbers[name] for name in row.list_of("media") if name in numbers)
            challenge = msgspec.structs.replace(challenge, media=shown)
        except ValueFault as fault:
            report.errors.append(Finding("value_malformed", row.where, f"challenge {row.of('code')!r}: {fault}"))
            continue
        if plain is not None:
            kept.append(Kept(len(challenges), plain, tuple(row.list_of("answer"))))
        challenges.append(challenge)
    return tuple(challenges), tuple(kept)


def guesses(challenge: Challenge) -> str:
    """How hard it is to guess the answer with the package alone, in a sentence."""
    if isinstance(challenge.key, Interval):
        return "no guess needed: the number stands in the package"
    if not isinstance(challenge.key, Hashed):
        return "cannot be guessed with the package alone"
    if challenge.form is Form.CHOICE:
        return f"{len(challenge.choices)} guesses"
    if challenge.form is Form.ORDER:
        return f"{factorial(len(challenge.choices)):,} guesses"
    return f"{WORDS:,} guesses for a word of a dictionary, less than a second"


def _challenge(
    row: Row, number_by_code: Mapping[str, int], secrets: Mapping[str, str]
) -> tuple[Challenge, Hashed | Interval | None]:
    form_name, judged, at = row.of("form") or "text", row.of("judged"), row.of("checkpoint")
    if form_name not in FORMS:
        raise ValueFault(f"the form {form_name!r} is none of {', '.join(FORMS)}")
    form = FORMS[form_name]
    by_people = form in {Form.PHOTO, Form.FREE_TEXT}
    judged = judged or ("people" if by_people else "open")
    if judged not in JUDGED or by_people != (judged in {"people", "automatic"}):
        words = "people or automatic" if by_people else "open, sealed or later"
        raise ValueFault(f"a {form_name} is judged by {words}, not {judged!r}")
    if at and at not in number_by_code:
        raise ValueFault(f"there is no checkpoint {at!r}")
    key: Key = Judged(automatic=judged == "automatic")
    plain = None
    if not by_people:
        found = _plain(row, form)
        if judged == "later":
            key, plain = Later(), found
        elif judged == "sealed":
            if not secrets.get(at):
                raise ValueFault("it is sealed, so its checkpoint needs a secret in the table of checkpoints")
            key = seal(found, secrets[at], random_bytes(SALT_BYTES))
        else:
            key = found
    wrong = _whole(row, "wrong", 0)
    challenge = Challenge(
        code=row.of("code") or (f"R{at}" if at else ""),
        name=row.of("name"),
        text=row.of("text"),
        checkpoint=number_by_code[at] if at else None,
        form=form,
        key=key,
        points=_whole(row, "points", 10),
        choices=tuple(row.list_of("choices")),
        tries=_whole(row, "tries", 0) or None,
        wrong_points=wrong,
        wrong_points_max=_whole(row, "wrong_max", wrong * 3),
        par_ms=span_ms(row.of("par")) if row.of("par") else 0,
        speed_points=_whole(row, "speed_points", 0),
        hints=tuple(map(_hint, row.list_of("hints"))),
        unit=row.of("unit"),
    )
    return challenge, plain


def _plain(row: Row, form: Form) -> Hashed | Interval:
    answers = row.list_of("answer")
    if not answers:
        raise ValueFault("it has no answer: write it, several parted by |")
    if form is Form.NUMBER:
        return _interval(answers[0], row.of("tolerance") or "0")
    if form is Form.ORDER:
        answers = ["\n".join(answers)]
    missing = set(row.list_of("answer")) - set(row.list_of("choices"))
    if form in {Form.CHOICE, Form.ORDER} and missing:
        raise ValueFault(f"the answer {min(missing)!r} is none of its choices")
    keys = [answer_key(form, answer) for answer in answers]
    if not all(key.strip("\n") for key in keys):
        raise ValueFault("an answer consists of signs only, which are not compared: use letters or digits")
    salt = random_bytes(SALT_BYTES)
    return Hashed(salt, tuple(dict.fromkeys(answer_hash(salt, key) for key in keys)))


def _interval(answer: str, tolerance: str) -> Interval:
    right, around = parse_numbers(answer), parse_numbers(tolerance)
    if not right or not around or around[0][0] < 0:
        raise ValueFault(f"{answer!r} with a tolerance of {tolerance!r} is no number with a tolerance")
    decimals = max(right[0][1], around[0][1])
    if decimals > 6:
        raise ValueFault("it has more than 6 decimals")
    best, margin = (number * int(10 ** (decimals - places)) for number, places in (right[0], around[0]))
    return Interval(best - margin, best + margin, best, decimals)


def _hint(text: str) -> Hint:
    """A hint's text, with what it costs in brackets at its end: Look up (5)."""
    body, _, cost = text.rstrip(")").rpartition("(")
    if text.endswith(")") and cost.strip().isdigit():
        return Hint(body.strip(), int(cost))
    return Hint(text)


def _whole(row: Row, column: str, default: int) -> int:
    value = row.of(column)
    if not value:
        return default
    if not value.isascii() or not value.isdigit():
        raise ValueFault(f"{column} is {value!r}: a whole number is needed")
    return int(value)

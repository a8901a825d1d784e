"""The table of challenges: what is asked, and where its answer is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import factorial

import msgspec

from client_core.game.answers import answer_hash, answer_key, seal
from client_core.game.challenges import (
    ALTERNATIVES_MAX,
    CHOICES_MAX,
    Challenge,
    Form,
    Hashed,
    Hint,
    Interval,
    Judged,
    Key,
    Later,
)
from client_core.game.media import Medium
from client_core.game.numbers import parse_numbers
from client_core.game.publish import Finding, Kept
from client_core.game.ranges import (
    ANSWER_BYTES_MAX,
    CODE_BYTES_MAX,
    HINTS_MAX,
    NAME_BYTES_MAX,
    POINTS_MAX,
    TEXT_BYTES_MAX,
    TRIES_MAX,
)
from client_core.game.text import TextFault, check_characters, check_text
from client_core.signing import random_bytes
from server.authoring.reading import Report, meant
from server.authoring.tables import Row, hint_parts
from server.authoring.values import ValueFault, span_ms, whole

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
UNIT_CHARACTERS_MAX = 32
WORDS = 500_000
"""About what a dictionary with names and places has."""


def read_challenges(
    rows: list[Row],
    number_by_code: Mapping[str, int],
    secrets: Mapping[str, str],
    media: Sequence[Medium],
    report: Report,
) -> tuple[tuple[Challenge, ...], tuple[Kept, ...], dict[str, int]]:
    """The challenges of a table, which show these media, what judges those that are judged later, their numbers.

    Codes of rows that are at fault have numbers too, so that who names them is
    not at fault as well.
    """
    numbers = {medium.name: number for number, medium in enumerate(media)}
    challenges: list[Challenge] = []
    kept: list[Kept] = []
    where_by_code: dict[str, str] = {}
    for row in rows:
        code = _code(row)
        name = repr(code) if code else "without a code"
        first = where_by_code.setdefault(code, row.where)
        if first != row.where and code:
            detail = f"challenge {name} stands in {first} too: give each a code of its own in the column code"
            report.errors.append(Finding("code_duplicate", row.where, detail))
        try:
            challenge, plain = _challenge(row, number_by_code, secrets)
            shown = tuple(numbers[name] for name in row.list_of("media") if name in numbers)
            challenge = msgspec.structs.replace(challenge, media=shown)
        except ValueFault as fault:
            report.errors.append(Finding("value_malformed", row.where, f"challenge {name}: {fault}"))
            continue
        except TextFault as fault:
            report.errors.append(Finding(fault.code, row.where, f"challenge {name}: {fault.detail}"))
            continue
        if not challenge.text and not challenge.media:
            report.warnings.append(Finding("text_missing", row.where, f"challenge {name} asks nothing: write its text"))
        if plain is not None:
            kept.append(Kept(len(challenges), plain, tuple(row.list_of("answer"))))
        challenges.append(challenge)
    return tuple(challenges), tuple(kept), {code: number for number, code in enumerate(where_by_code)}


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


def _code(row: Row) -> str:
    """The challenge's code: its own, or R and that of its checkpoint."""
    at = row.of("checkpoint")
    return row.of("code") or (f"R{at}" if at else "")


def _challenge(
    row: Row, number_by_code: Mapping[str, int], secrets: Mapping[str, str]
) -> tuple[Challenge, Hashed | Interval | None]:
    form, judged, at = _form(row), _judged(row), row.of("checkpoint")
    if at and at not in number_by_code:
        raise ValueFault(f"there is no checkpoint {at!r}{meant(at, list(number_by_code))}")
    code = check_text(_code(row), "its code", CODE_BYTES_MAX)
    _check_texts(row)
    key: Key = Judged(automatic=judged == "automatic")
    plain = None
    if judged in {"open", "sealed", "later"}:
        found = _plain(row, form)
        if judged == "later":
            key, plain = Later(), found
        elif judged == "sealed":
            if not secrets.get(at):
                need = "its checkpoint needs a secret in the table of checkpoints" if at else "it needs a checkpoint"
                raise ValueFault(f"it is sealed, so {need}")
            key = seal(found, secrets[at], random_bytes(SALT_BYTES))
        else:
            key = found
    wrong = _whole(row, "wrong", 0)
    challenge = Challenge(
        code=code,
        name=row.of("name"),
        text=row.of("text"),
        checkpoint=number_by_code[at] if at else None,
        form=form,
        key=key,
        points=_whole(row, "points", 10),
        choices=tuple(row.list_of("choices")),
        tries=_whole(row, "tries", 0, TRIES_MAX) or None,
        wrong_points=wrong,
        wrong_points_max=_whole(row, "wrong_max", min(wrong * 3, POINTS_MAX)),
        par_ms=span_ms(row.of("par")) if row.of("par") else 0,
        speed_points=_whole(row, "speed_points", 0),
        hints=tuple(map(_hint, row.list_of("hints")[: HINTS_MAX + 1])),
        unit=row.of("unit"),
    )
    if len(challenge.hints) > HINTS_MAX:
        raise ValueFault(f"it has more than {HINTS_MAX} hints")
    if challenge.speed_points and not challenge.par_ms:
        raise ValueFault('it has speed_points and no par, the time they fall in, such as "10 min"')
    return challenge, plain


def _form(row: Row) -> Form:
    name = row.of("form").lower() or "text"
    if name not in FORMS:
        raise ValueFault(f"the form {name!r} is none of {', '.join(FORMS)}{_close(name, FORMS)}")
    return FORMS[name]


def _judged(row: Row) -> str:
    """Who knows whether it is right: the column, or what is usual for the form."""
    form = _form(row)
    by_people = form in {Form.PHOTO, Form.FREE_TEXT}
    judged = row.of("judged").lower() or ("people" if by_people else "open")
    if judged not in JUDGED or by_people != (judged in {"people", "automatic"}):
        words = "people or automatic" if by_people else "open, sealed or later"
        raise ValueFault(f"a {row.of('form') or 'text'} is judged by {words}, not {judged!r}")
    return judged


def _close(word: str, known: Mapping[str, Form]) -> str:
    said = meant(word, list(known))
    return said if said.startswith(":") else ""


def _check_texts(row: Row) -> None:
    """Raise `TextFault` or `ValueFault` where a text is too long, or has characters that may not enter a game."""
    for column, bytes_max in (("name", NAME_BYTES_MAX), ("text", TEXT_BYTES_MAX), ("hints", TEXT_BYTES_MAX)):
        if row.of(column):
            check_characters(row.of(column), f"its {column}", lines=True)
            if len(row.of(column).encode()) > bytes_max:
                raise ValueFault(f"its {column} takes more than {bytes_max} bytes: shorten it")
    for column in ("choices", "answer"):
        for one in row.list_of(column):
            check_text(one, f"one of its {column}", ANSWER_BYTES_MAX)
        if len(row.list_of(column)) > (CHOICES_MAX if column == "choices" else ALTERNATIVES_MAX):
            raise ValueFault(f"it has too many {column}")
    check_characters(row.of("unit"), "its unit")
    if len(row.of("unit")) > UNIT_CHARACTERS_MAX:
        raise ValueFault(f"its unit has more than {UNIT_CHARACTERS_MAX} characters")


def _plain(row: Row, form: Form) -> Hashed | Interval:
    answers = row.list_of("answer")
    if not answers:
        raise ValueFault("it has no answer: write it, several parted by |")
    if form is Form.NUMBER:
        if len(answers) > 1:
            raise ValueFault("it has several answers, and a number has one: give a tolerance, or ask for a text")
        return _interval(answers[0], row.of("tolerance") or "0")
    choices = row.list_of("choices")
    missing = set(answers) - set(choices)
    if form in {Form.CHOICE, Form.ORDER}:
        if len(set(choices)) < max(2, len(choices)):
            raise ValueFault("it needs at least two choices, all different: write them, parted by |")
        if missing:
            raise ValueFault(f"the answer {min(missing)!r} is none of its choices{meant(min(missing), choices)}")
    if form is Form.ORDER:
        if sorted(answers) != sorted(choices):
            raise ValueFault("its answer names not each of its choices once: write all of them in the right order")
        answers = ["\n".join(answers)]
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
    body, cost = hint_parts(text)
    if cost > POINTS_MAX:
        raise ValueFault(f"a hint costs {cost}, at most {POINTS_MAX} are allowed")
    return Hint(body, cost)


def _whole(row: Row, column: str, default: int, most: int = POINTS_MAX) -> int:
    value = row.of(column)
    if not value:
        return default
    number = whole(value, column)
    if not 0 <= number <= most:
        raise ValueFault(f"{column} is {number}: 0 to {most} are allowed")
    return number

"""Erasing a person: which events go, and what is folded in their place.

The fact that stands for an event is a shorter action of the same kind, so that
every node comes to the same score as before: when, which checkpoint or
challenge, and whether it counted. No person, no text, no position: a check-in
by position becomes one at the checkpoint itself, words that a team typed become
letters that only say whether two answers were the same, a photo names no
picture any more (its hash would still say which one it was). What never scores
leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container, Iterable, Sequence
from typing import Any

import msgspec

from client_core.game.actions import (
    Action,
    Answer,
    CheckIn,
    Known,
    Member,
    MemberNamed,
    Photo,
    Said,
    Sos,
    TeamRegistered,
    decode_action,
    encode_action,
)
from client_core.game.answers import Outcome, answer_key, judge_answer
from client_core.game.challenges import Form, Hashed, Sealed
from client_core.game.decisions import AnswerAccepted, Decision
from client_core.game.events import LoggedEvent
from client_core.game.fences import Circle
from client_core.game.geometry import inside
from client_core.game.numbers import parse_numbers
from client_core.game.pictures import NO_PICTURE
from server import tenancy
from server.forgetting import scrub
from server.open_game import OpenGame
from server.problems import Problem
from server.revoking import check_authority
from server.scoreboard import stream_events
from sync.batch import Batch
from sync.erasing import due_erasures
from sync.limits import ERASED_IN_STATEMENT_MAX, FACT_BYTES_MAX
from sync.statement import Erased, Erasure
from sync.stream import GAME

WORDS_CONTEXT = b"wayfold/1/erased-words\x00"


def fact_of(game: OpenGame, action: Action, said: Container[tuple[int, str]] = frozenset()) -> bytes:
    """What is folded in place of an event that said this; empty where nothing is, or where it was never understood.

    `said` are the answers (challenge, key) that stand in other events of the
    team: such a one keeps its words, or it would count as another one.
    """
    if isinstance(action, MemberNamed | Said | Sos) or "at_ms" not in action.__struct_fields__:
        return b""  # no score rests on it
    changes: dict[str, object] = {"seen": None} if "seen" in action.__struct_fields__ else {}
    if isinstance(action, CheckIn):
        changes |= {"before_ms": None, "after_ms": None, **_at_checkpoint(game, action)}
    elif isinstance(action, Member):
        changes |= {"person": b"", "badge": None}
    elif isinstance(action, Answer):
        changes |= {"text": _without_words(game, action, said)}
    elif isinstance(action, Photo):
        changes |= {"blob": NO_PICTURE, "blob_bytes": 0}
    elif isinstance(action, TeamRegistered):
        changes |= {"name": str(action.number)}
    elif isinstance(action, Decision):
        changes |= {"reason": ""}
    shorter: Known = msgspec.structs.replace(action, **changes)  # type: ignore[assignment]  # the same kind
    encoded = encode_action(shorter)
    return encoded if len(encoded) <= FACT_BYTES_MAX else b""


def _without_words(game: OpenGame, action: Answer, said: Container[tuple[int, str]]) -> str:
    """What stands for an answer: itself where it is the game's own (right, a choice, a number), else letters.

    The letters are a keyed hash of the answer as it is compared, so equal
    answers stay equal and nobody can try words until they fit.
    """
    challenges = game.rules.package.challenges
    if action.challenge >= len(challenges):
        return ""
    challenge = challenges[action.challenge]
    mark = judge_answer(challenge, action.text, action.secret)
    known = (action.challenge, mark.key)
    listed = challenge.form in {Form.CHOICE, Form.ORDER} and set(action.text.split("\n")) <= set(challenge.choices)
    by_words = isinstance(challenge.key, Hashed | Sealed) and mark.outcome is Outcome.RIGHT
    if not action.text or known in said or listed or by_words or known in _named_by_staff(game):
        return action.text
    if challenge.form is Form.NUMBER and parse_numbers(action.text):
        return mark.key
    message = b"%d\0" % action.challenge + mark.key.encode("utf-8", "surrogatepass")
    digest = hmac.digest(game.tenant.node_seed, WORDS_CONTEXT + message, hashlib.sha256)
    letters = "".join(chr(ord("a") + nibble) for byte in digest[:10] for nibble in divmod(byte, 16))
    same = judge_answer(challenge, letters, action.secret)
    return letters if (same.outcome, same.distance) == (mark.outcome, mark.distance) else action.text


def _named_by_staff(game: OpenGame) -> set[tuple[int, str]]:
    """The answers that a decision names for every team."""
    challenges = game.rules.package.challenges
    ruled = (event.action for event in game.board.register.decisions)
    return {
        (one.challenge, answer_key(challenges[one.challenge].form, one.answer))
        for one in ruled
        if isinstance(one, AnswerAccepted) and one.challenge < len(challenges)
    }


def _answers_kept(game: OpenGame, erased: set[bytes]) -> dict[bytes, set[tuple[int, str]]]:
    """The answers of each team (by audience) that stand in events which are not erased."""
    challenges = game.rules.package.challenges
    found: dict[bytes, set[tuple[int, str]]] = {}
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            action = decode_action(event.payload)
            if isinstance(action, Answer) and event.id not in erased and action.challenge < len(challenges):
                key = answer_key(challenges[action.challenge].form, action.text)
                found.setdefault(state.key.audience, set()).add((action.challenge, key))
    return found


def _at_checkpoint(game: OpenGame, action: CheckIn) -> dict[str, object]:
    """A place inside the fence, where the player was inside it; else no position, which refuses as before."""
    fences, lon_e7, lat_e7 = game.rules.fences, action.lon_e7, action.lat_e7
    fence = fences[action.checkpoint] if action.checkpoint < len(fences) else None
    if fence is None or lon_e7 is None or lat_e7 is None or not inside(fence, lon_e7, lat_e7):
        return {"lon_e7": None, "lat_e7": None, "accuracy_dm": None}
    if isinstance(fence, Circle):
        return {"lon_e7": fence.metric.lon_e7, "lat_e7": fence.metric.lat_e7, "accuracy_dm": 0}
    part: Any = getattr(fence, "parts", (fence,))[0]
    lon_e7, lat_e7 = part.exterior[0]  # the line itself counts as inside
    return {"lon_e7": lon_e7, "lat_e7": lat_e7, "accuracy_dm": 0}


def events_of_member(game: OpenGame, team: bytes, member: int) -> list[LoggedEvent]:
    """The events that hold what is known of a player: name, telephone, notes."""
    found = []
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            action = decode_action(event.payload)
            if isinstance(action, MemberNamed | Member) and (action.team, action.member) == (team, member):
                found.append(event)
    return found


def events_of_key(game: OpenGame, key: bytes) -> list[LoggedEvent]:
    """Everything a device wrote that counts here."""
    own = (state for state in game.log.index.streams.values() if state.key.public_key == key)
    return [event for state in own for event in stream_events(game.log, state)]


def find_events(game: OpenGame, names: Sequence[str]) -> list[LoggedEvent]:
    """The events whose ids, in hex, begin like these; raises `Problem("bad_request")` where one is not found alone."""
    wanted: dict[str, list[LoggedEvent]] = {name.lower(): [] for name in names}
    for state in game.log.index.streams.values():
        for event in stream_events(game.log, state):
            for name, found in wanted.items():
                if event.id.hex().startswith(name):
                    found.append(event)
    for name, found in wanted.items():
        if len(name) < 8 or len({event.id for event in found}) != 1:
            raise Problem("bad_request", f"{len(found)} events here have an id that begins with {name!r}")
    return [found[0] for found in wanted.values()]


def erase(game: OpenGame, events: Iterable[LoggedEvent]) -> int:
    """State the erasure of these events and erase them here, at once and for good; returns how many.

    Every other node does the same as soon as the statement reaches it, and
    refuses the payloads from then on. Raises `Problem`.
    """
    check_authority(game)
    events = list(events)
    kept = _answers_kept(game, {event.id for event in events})
    audiences = game.log.index.streams
    items = [
        Erased(
            e.stream,
            e.seq,
            e.id,
            fact_of(game, decode_action(e.payload), kept.get(audiences[e.stream].key.audience, ())),
        )
        for e in events
    ]
    statements = [
        tenancy.issue(game.log.game, GAME, game.key, Erasure(tuple(items[i : i + ERASED_IN_STATEMENT_MAX])))
        for i in range(0, len(items), ERASED_IN_STATEMENT_MAX)
    ]
    game.log.append(Batch(statements=tuple(statements)))
    erase_due(game)
    return len(items)


def erase_due(game: OpenGame) -> None:
    """Erase what the directory says and this file still holds, and overwrite it."""
    due = due_erasures(game.log)
    if due:
        game.log.append(Batch(erased=due))
    scrub(game.file)
    game.refresh()

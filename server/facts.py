"""Facts: what is folded in place of an erased event, so that every node comes to the same score as before.

A shorter action of the same kind: when, which checkpoint or challenge, and
whether it counted. No person, no text, no position: a check-in by position
becomes one at the checkpoint itself, words that a team typed become letters
that only say whether two answers were the same, a photo names no picture any
more (its hash would still say which one it was). What never scores leaves
nothing behind. What a device had seen of the others stays: it decides what was
open to it, and is hashes alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container, Iterable
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
    encode_action,
)
from client_core.game.answers import Outcome, answer_key, judge_answer
from client_core.game.challenges import Challenge, Form, Hashed, Sealed
from client_core.game.decisions import Acknowledged, AnswerAccepted, Decision, MessageSent, WhereaboutsMarked
from client_core.game.fences import Circle
from client_core.game.geometry import inside
from client_core.game.numbers import parse_numbers
from client_core.game.pictures import NO_PICTURE
from client_core.game.rules import Rules
from sync.limits import FACT_BYTES_MAX

WORDS_CONTEXT = b"wayfold/1/erased-words\x00"

AnswersSaid = Container[tuple[int, str]]
"""Challenge and key of answers that stand in other events of the team."""


class Facts:
    """The facts of one game's events. `seed` keys what stands for words; `decided` is what staff decided."""

    def __init__(self, rules: Rules, seed: bytes, decided: Iterable[Action]) -> None:
        self._rules, self._seed = rules, seed
        self._challenges = rules.package.challenges
        self._named = {
            (one.challenge, answer_key(self._challenges[one.challenge].form, one.answer))
            for one in decided
            if isinstance(one, AnswerAccepted) and one.challenge < len(self._challenges)
        }
        """The answers that a decision names for every team."""

    def of(self, action: Action, said: AnswersSaid = frozenset()) -> bytes:
        """What is folded in place of an event that said this; empty where nothing is, or where it was never understood.

        An answer that the team has `said` in other events keeps its words, or
        it would count as another one. Where a fact has no room for all that a
        device had seen, the last heads of it stay.
        """
        if isinstance(action, _NEVER_SCORES) or "at_ms" not in action.__struct_fields__:
            return b""
        changes: dict[str, object] = {}
        if isinstance(action, CheckIn):
            changes = self._at_checkpoint(action)
        elif isinstance(action, Member):
            changes = {"person": b"", "badge": None}
        elif isinstance(action, Answer):
            changes = {"text": self._without_words(action, said)}
        elif isinstance(action, Photo):
            changes = {"blob": NO_PICTURE, "blob_bytes": 0}
        elif isinstance(action, TeamRegistered):
            changes = {"name": str(action.number)}
        elif isinstance(action, Decision):
            changes = {"reason": ""}
        elif isinstance(action, WhereaboutsMarked):
            changes = {"note": ""}
        shorter: Known = msgspec.structs.replace(action, **changes)  # type: ignore[assignment]  # the same kind
        seen: tuple[bytes, ...] = getattr(shorter, "seen", None) or ()
        for kept in range(len(seen), -1, -1):
            if seen:
                shorter = msgspec.structs.replace(shorter, seen=seen[len(seen) - kept :] or None)
            encoded = encode_action(shorter)
            if len(encoded) <= FACT_BYTES_MAX:
                return encoded
        return b""

    def _at_checkpoint(self, action: CheckIn) -> dict[str, object]:
        """A place inside the fence, where the player was inside it; else no position, which refuses as before.

        How accurate the fix was stays: a poor one is refused as before.
        """
        fences, lon_e7, lat_e7 = self._rules.fences, action.lon_e7, action.lat_e7
        fence = fences[action.checkpoint] if action.checkpoint < len(fences) else None
        if fence is None or lon_e7 is None or lat_e7 is None or not inside(fence, lon_e7, lat_e7):
            return {"lon_e7": None, "lat_e7": None, "accuracy_dm": None}
        if isinstance(fence, Circle):
            return {"lon_e7": fence.metric.lon_e7, "lat_e7": fence.metric.lat_e7}
        part: Any = getattr(fence, "parts", (fence,))[0]
        lon_e7, lat_e7 = part.exterior[0]  # the line itself counts as inside
        return {"lon_e7": lon_e7, "lat_e7": lat_e7}

    def _without_words(self, action: Answer, said: AnswersSaid) -> str:
        """What stands for an answer: itself where it is the game's own (right, a choice, a number), else letters.

        The letters are a keyed hash of the answer as it is compared, so equal
        answers stay equal and nobody can try words until they fit.
        """
        if action.challenge >= len(self._challenges):
            return ""
        challenge = self._challenges[action.challenge]
        mark = judge_answer(challenge, action.text, action.secret)
        known = (action.challenge, mark.key)
        if not action.text or known in said or known in self._named or _is_the_games(challenge, action, mark.outcome):
            return action.text
        if challenge.form is Form.NUMBER and parse_numbers(action.text):
            return mark.key
        message = b"%d\0" % action.challenge + mark.key.encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._seed, WORDS_CONTEXT + message, hashlib.sha256)
        letters = "".join(chr(ord("a") + nibble) for byte in digest[:5] for nibble in divmod(byte, 16))
        same = judge_answer(challenge, letters, action.secret)
        return letters if (same.outcome, same.distance) == (mark.outcome, mark.distance) else action.text


_NEVER_SCORES = (MemberNamed, Said, Sos, MessageSent, Acknowledged)


def _is_the_games(challenge: Challenge, action: Answer, outcome: Outcome) -> bool:
    """Whether the words are the game's own: choices that it lists, or what it takes as right."""
    listed = challenge.form in {Form.CHOICE, Form.ORDER} and set(action.text.split("\n")) <= set(challenge.choices)
    return listed or (isinstance(challenge.key, Hashed | Sealed) and outcome is Outcome.RIGHT)

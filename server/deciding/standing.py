"""The decisions in a game's log: which stand, which were undone or lost to another one, which are disputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from client_core.game.actions import Known
from client_core.game.decisions import (
    SEES_MAX,
    AnswerAccepted,
    AnswerJudged,
    CategorySet,
    Decision,
    EndSet,
    LotDrawn,
    StartSet,
    StatusSet,
    Stopped,
    TeamsMerged,
    Undone,
)
from client_core.game.events import Decoded, decode_events
from client_core.game.roles import Role
from client_core.game.rulings import Docket, read_rulings
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict
from server.card_import import batch_of
from server.deciding.making import ID_LETTERS_MIN, audience_of
from server.open_game import OpenGame
from server.problems import Problem
from server.scoreboard import role_of, stream_events, team_streams
from sync.errors import LocalError
from sync.stream import GAME, team_audience

State = Literal["stands", "undone", "overruled", "not allowed"]
TRIES_MAX = 3
"""A server may write in the same stream between two looks."""
_STATES: dict[Reason, State] = {
    Reason.UNDONE: "undone",
    Reason.OVERRULED: "overruled",
    Reason.WRONG_ROLE: "not allowed",
}
_SUBJECTS: dict[type, tuple[str, ...]] = {
    AnswerAccepted: ("challenge", "answer"),
    AnswerJudged: ("event",),
    EndSet: ("team", "category"),
    Stopped: ("category",),
    CategorySet: ("team",),
    StatusSet: ("team", "member"),
    LotDrawn: (),
    StartSet: ("team", "category"),
}
"""What a decision that sets a single value sets it of."""


class Ruled(msgspec.Struct, frozen=True):
    """A decision of the log: who made it as what, in which audience, and what became of it because of which others.

    `disputed`: it lost to another one that did not know it.
    """

    id: bytes
    action: Decision
    author: bytes
    role: int
    audience: bytes
    state: State
    because: tuple[bytes, ...]
    disputed: bool


def read_decisions(game: OpenGame) -> list[Ruled]:
    """Every decision that this node holds and counts, in the order they were made."""
    register = game.board.register
    of_all = [event for event in register.decisions if isinstance(event.action, Decision)]
    found: dict[bytes, Ruled] = {}
    categories = [frozenset[str](), *(frozenset({one.code}) for one in game.rules.package.categories)]
    fates, disputed = _fates(of_all, frozenset(), categories)
    for event in of_all:
        found[event.id] = _ruled(event, GAME, fates[event.id], disputed)
    results = {result.team: result for result in game.board.results()}
    for team in register.teams:
        own = _of_team(game, team)
        if own:
            stands_in = [frozenset(results[team].categories)]
            fates, disputed = _fates([*of_all, *own], register.merged(team), stands_in)
            found.update({e.id: _ruled(e, team_audience(team), fates[e.id], disputed) for e in own})
    return sorted(found.values(), key=lambda one: (one.action.at_ms, one.id))


def find_decisions(ruled: Sequence[Ruled], letters: Iterable[str]) -> list[Ruled]:
    """The decisions whose ids begin so, one each; raises `Problem("bad_request")`."""
    found = []
    for text in letters:
        one = [r for r in ruled if r.id.hex().startswith(text.lower())] if len(text) >= ID_LETTERS_MIN else []
        if len(one) != 1:
            wrong = "no decision" if not one else f"{len(one)} decisions"
            detail = f"{wrong} here with an id that begins with {text[:64]!r}: see wayfold decide list"
            raise Problem("bad_request", f"{detail}, and give at least {ID_LETTERS_MIN} letters")
        found.append(one[0])
    return found


def undoing(ruled: Sequence[Ruled], now_ms: int, reason: str) -> dict[bytes, list[Known]]:
    """What takes these decisions back, by audience; raises `Problem` for one that is undone, or undoes."""
    found: dict[bytes, list[Known]] = {}
    for one in ruled:
        if isinstance(one.action, Undone):
            raise Problem("bad_request", f"{one.id.hex()[:12]} undoes a decision: make that decision again instead")
        if one.state == "undone":
            raise Problem("bad_request", f"{one.id.hex()[:12]} is undone already")
        found.setdefault(one.audience, []).append(Undone(now_ms, reason, one.id))
    return found


def merges_of(ruled: Sequence[Ruled], team: bytes) -> list[Ruled]:
    """The merges in force that put a team under another one."""
    return [r for r in ruled if r.state == "stands" and isinstance(r.action, TeamsMerged) and r.action.team == team]


def with_sees(ruled: Sequence[Ruled], decision: Decision) -> Decision:
    """The decision, knowing the earlier ones that set the same thing: it wins over those."""
    subject = _SUBJECTS.get(type(decision))
    if subject is None:
        return decision
    known = [
        one
        for one in ruled
        if type(one.action) is type(decision)
        and one.state != "undone"
        and all(getattr(one.action, name) == getattr(decision, name) for name in subject)
    ]
    already = {seen for one in known for seen in one.action.sees}  # type: ignore[attr-defined]  # as its kind
    heads = tuple(one.id for one in known if one.id not in already)
    return msgspec.structs.replace(decision, sees=heads[-SEES_MAX:])


def same(decision: Decision) -> Decision:
    """What makes two decisions say the same: all of it but when, why and knowing what."""
    known = msgspec.structs.replace(decision, at_ms=0, reason="")
    return msgspec.structs.replace(known, sees=()) if hasattr(known, "sees") else known


def by_audience(decisions: Iterable[Decision]) -> dict[bytes, list[Known]]:
    """The decisions as they are to be written."""
    found: dict[bytes, list[Known]] = {}
    for one in decisions:
        found.setdefault(audience_of(one), []).append(one)  # type: ignore[arg-type]  # each is one of `Known`
    return found


def write(game: OpenGame, actions: Mapping[bytes, list[Known]]) -> list[bytes]:
    """Write them into this node's streams in one step, durably; their ids. Raises `Problem("busy")`."""
    for _ in range(TRIES_MAX):
        batch = batch_of(game, actions)
        try:
            game.log.append(batch)
        except LocalError:
            game.refresh()
            continue
        game.refresh()
        return [event.id for own in batch.own for event in own.events]
    raise Problem("busy", "another program writes in this game's log; nothing was written", retry_after_s=1)


def _of_team(game: OpenGame, team: bytes) -> list[Decoded]:
    """The decisions in a team's streams, by those who may write some."""
    directory = game.log.index.directory
    states = [s for s in team_streams(game.log, team) if role_of(directory, s.key.public_key) >= Role.KIOSK]
    events = [event for state in states for event in stream_events(game.log, state)]
    return [event for event in decode_events(game.rules, events) if isinstance(event.action, Decision)]


def _fates(
    events: Sequence[Decoded], teams: frozenset[bytes], categories: Iterable[frozenset[str]]
) -> tuple[dict[bytes, tuple[Verdict, tuple[bytes, ...]]], set[bytes]]:
    """What becomes of decisions for these teams, in whichever of the categories they stand."""
    fates: dict[bytes, tuple[Verdict, tuple[bytes, ...]]] = {}
    disputed: set[bytes] = set()
    for one in categories:
        docket = Docket(events, teams)
        read_rulings(docket, one)
        docket.one(docket.about(LotDrawn))
        for identity, fate in docket.fates.items():
            if identity not in fates or isinstance(fate[0], Refused):
                fates[identity] = fate
        disputed |= set(docket.disputed)
    return fates, disputed


def _ruled(event: Any, audience: bytes, fate: tuple[Verdict, tuple[bytes, ...]], disputed: set[bytes]) -> Ruled:
    verdict, because = fate
    state = "stands" if isinstance(verdict, Accepted) else _STATES[verdict.reason]
    return Ruled(event.id, event.action, event.author, event.role, audience, state, because, event.id in disputed)

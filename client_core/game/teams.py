"""Teams and members as the log registers them, and what the game's own streams say to everybody."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

import msgspec

from client_core.game.actions import HolderShown, Member, TeamRegistered, Witnessed, decode_action
from client_core.game.decisions import Decision, DeviceMoved, TeamsMerged, Undone
from client_core.game.events import Decoded, LoggedEvent, decode_events
from client_core.game.nonces import NonceChain, by_anchor
from client_core.game.roles import Role
from client_core.game.rules import Rules

Witnesses = dict[bytes, tuple[tuple[int, int, bytes], ...]]
"""By stream what nodes held of it when: (number, at, head), sorted."""


class Team(msgspec.Struct, frozen=True):
    """Who scores: 16-byte id, number on the bib, name, the start list's time (None: none given).

    `categories` and `format` are codes, as it was entered.
    """

    id: bytes
    number: int
    name: str
    start_at_ms: int | None = None
    categories: tuple[str, ...] = ()
    format: str | None = None


class Carried(msgspec.Struct, frozen=True):
    """Staff decided that a stream is about these members of a team from a number on."""

    from_seq: int
    team: bytes
    members: tuple[int, ...]
    at_ms: int
    decision: bytes


class Register(msgspec.Struct, frozen=True):
    """What the streams of the `game` audience tell everybody, as far as the rules ask for it.

    `members` are the latest notes by team, in the order of their numbers;
    `decisions` those of staff in canonical order; `shown` what nodes told
    players of holders, by event; `witnesses` what nodes held when; `nonces` the
    chains of codes that kiosks show, by anchor; `homes` by stream: from which number on it is about
    which team; `roots` the team under which a merged one stands.
    """

    teams: dict[bytes, Team] = {}
    members: dict[bytes, tuple[Member, ...]] = {}
    decisions: tuple[Decoded, ...] = ()
    shown: dict[bytes, HolderShown] = {}
    witnesses: Witnesses = {}
    nonces: dict[bytes, NonceChain] = {}
    homes: dict[bytes, tuple[tuple[int, bytes], ...]] = {}
    carried: dict[bytes, tuple[Carried, ...]] = {}
    roots: dict[bytes, bytes] = {}

    def merged(self, team: bytes) -> frozenset[bytes]:
        """The teams that stand under this one, itself among them."""
        return frozenset({team, *(one for one, root in self.roots.items() if root == team)})

    def home(self, event: LoggedEvent | Decoded, team: bytes) -> bytes:
        """The team an event is about: that of its stream's audience (`team` where it does not say), unless moved."""
        moves = self.homes.get(event.stream)
        if moves:
            at = bisect_right(moves, event.seq, key=lambda move: move[0])
            if at:
                return moves[at - 1][1]
        return event.team or team


def read_teams(events: Iterable[LoggedEvent]) -> dict[bytes, Team]:
    """The teams by id, from events the caller lets register teams, in any order.

    Of several registrations of one team the one written last holds; the event
    id settles equal times. Other actions are passed over.
    """
    latest: dict[bytes, tuple[int, bytes, Team]] = {}
    for event in events:
        action = decode_action(event.payload)
        if isinstance(action, TeamRegistered):
            _register(latest, event.id, action)
    return _teams(latest)


def read_register(rules: Rules, events: Iterable[LoggedEvent]) -> Register:
    """The register of a game from the events of its `game` streams; what its author may not say is passed over."""
    teams: dict[bytes, tuple[int, bytes, Team]] = {}
    shown: dict[bytes, HolderShown] = {}
    decisions: list[Decoded] = []
    nonces: list[NonceChain] = []
    decoded = decode_events(rules, events)
    for event in decoded:
        action = event.action
        if event.role < Role.KIOSK:
            continue
        if isinstance(action, TeamRegistered):
            _register(teams, event.id, action)
        elif isinstance(action, HolderShown):
            shown[event.id] = action
        elif isinstance(action, Decision):
            decisions.append(event)
        elif isinstance(action, NonceChain):
            nonces.append(action)
    undone = {event.action.decision for event in decisions if isinstance(event.action, Undone)}
    in_force = [event for event in decisions if event.id not in undone and event.role >= Role.REFEREE]
    return Register(
        teams=_teams(teams),
        members=read_members(decoded),
        decisions=tuple(decisions),
        shown=shown,
        witnesses=read_witnesses(decoded),
        nonces=by_anchor(nonces),
        homes=_homes(in_force),
        carried=_carried(in_force),
        roots=_roots([event.action for event in in_force if isinstance(event.action, TeamsMerged)]),
    )


def read_members(decoded: Iterable[Decoded]) -> dict[bytes, tuple[Member, ...]]:
    """The members of each team as nodes last noted them; (at_ms, event id) decides what is last."""
    latest: dict[tuple[bytes, int], tuple[int, bytes, Member]] = {}
    for event in decoded:
        note = event.action
        if isinstance(note, Member) and event.role >= Role.KIOSK:
            key = (note.team, note.member)
            known = latest.get(key)
            if known is None or (note.at_ms, event.id) > known[:2]:
                latest[key] = (note.at_ms, event.id, note)
    found: dict[bytes, list[Member]] = {}
    for (team, _), (_, _, note) in sorted(latest.items()):
        found.setdefault(team, []).append(note)
    return {team: tuple(notes) for team, notes in found.items()}


def read_witnesses(decoded: Iterable[Decoded]) -> Witnesses:
    """What nodes held of which stream when."""
    found: dict[bytes, set[tuple[int, int, bytes]]] = {}
    for event in decoded:
        note = event.action
        if isinstance(note, Witnessed) and event.role >= Role.KIOSK:
            found.setdefault(note.stream, set()).add((note.seq, note.at_ms, note.head))
    return {stream: tuple(sorted(notes)) for stream, notes in found.items()}


def active_members(
    register: Register, team: bytes, noted: Mapping[bytes, tuple[Member, ...]] | None = None
) -> tuple[Member, ...]:
    """The members of a team that play, from the register and what its own streams note; the later note holds."""
    latest: dict[int, Member] = {}
    for note in (*register.members.get(team, ()), *(noted or {}).get(team, ())):
        known = latest.get(note.member)
        if known is None or note.at_ms >= known.at_ms:
            latest[note.member] = note
    return tuple(note for _, note in sorted(latest.items()) if note.active)


def _register(latest: dict[bytes, tuple[int, bytes, Team]], event: bytes, action: TeamRegistered) -> None:
    team = Team(action.team, action.number, action.name, action.start_at_ms, action.categories, action.format)
    known = latest.get(team.id)
    if known is None or (action.at_ms, event) > known[:2]:
        latest[team.id] = (action.at_ms, event, team)


def _teams(latest: dict[bytes, tuple[int, bytes, Team]]) -> dict[bytes, Team]:
    return {team_id: team for team_id, (_, _, team) in sorted(latest.items())}


def _homes(decisions: Iterable[Decoded]) -> dict[bytes, tuple[tuple[int, bytes], ...]]:
    """By stream the moves in force; of two from one number on the later decision holds."""
    found: dict[bytes, dict[int, bytes]] = {}
    for event in decisions:
        move = event.action
        if isinstance(move, DeviceMoved):
            found.setdefault(move.stream, {})[move.from_seq] = move.team
    return {stream: tuple(sorted(moves.items())) for stream, moves in found.items()}


def _carried(decisions: Iterable[Decoded]) -> dict[bytes, tuple[Carried, ...]]:
    """By stream the members that moves in force name; of two from one number on the later decision holds."""
    found: dict[bytes, dict[int, Carried]] = {}
    for event in decisions:
        move = event.action
        if isinstance(move, DeviceMoved):
            one = Carried(move.from_seq, move.team, move.members, move.at_ms, event.id)
            found.setdefault(move.stream, {})[move.from_seq] = one
    named = {stream: tuple(one for _, one in sorted(moves.items()) if one.members) for stream, moves in found.items()}
    return {stream: moves for stream, moves in named.items() if moves}


def _roots(merges: Iterable[TeamsMerged]) -> dict[bytes, bytes]:
    """The root of every team that was merged: where its `into` leads; of a circle the smallest id."""
    into: dict[bytes, set[bytes]] = {}
    neighbours: dict[bytes, set[bytes]] = {}
    for merge in merges:
        if merge.team != merge.into:
            into.setdefault(merge.team, set()).add(merge.into)
            neighbours.setdefault(merge.team, set()).add(merge.into)
            neighbours.setdefault(merge.into, set()).add(merge.team)
    roots: dict[bytes, bytes] = {}
    for team in sorted(neighbours):
        if team in roots:
            continue
        component, waiting = {team}, [team]
        while waiting:
            fresh = neighbours[waiting.pop()] - component
            component |= fresh
            waiting += fresh
        root = min([one for one in component if one not in into] or component)
        roots.update(dict.fromkeys(component, root))
    return {team: root for team, root in roots.items() if team != root}

"""Finalising: the organiser pins what the result is, and from which events.

What is pinned is the rule set, the package, the heads of all streams that
count, and the hash of the result. The final set of events is the ancestors of
those heads: whatever comes in later is kept and shown, with the places it would
move, and changes nothing until the organiser amends. A node that holds the
whole set folds it again and says whether it comes to the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from client_core.game.content import RULES
from client_core.game.events import LoggedEvent
from client_core.game.final import FinalRow, Moved, final_rows, moved, result_hash
from client_core.game.scoring import fold
from client_core.game.standings import standings
from client_core.game.teams import read_register
from server import tenancy
from server.healing import check_may_sign
from server.open_game import OpenGame
from server.problems import Problem
from server.scoreboard import role_of, team_streams
from sync.batch import Batch
from sync.limits import HEADS_IN_STATEMENT_MAX
from sync.placement import StreamState, branch_of, signed_heads
from sync.revocation import Mark
from sync.standing import ancestry, may_count, standing, stands
from sync.statement import Finalisation, Heads, Pin, heads_digest
from sync.stream import GAME

Checked = Literal["agrees", "differs", "not_checked_here"]
HeadsByStream = Mapping[bytes, tuple[Mark, ...]]
"""Signed events by number and id; they stand for all their ancestors."""


class FinalView(msgspec.Struct, frozen=True):
    """One finalisation as this node sees it.

    `id` and `result` are hex. `checked` says whether folding the pinned events
    here gives the pinned result; `not_checked_here` where some are not held.
    `later_events` came in since; `moved` are the lines they would change.
    """

    id: str
    number: int
    at_ms: int | None
    result: str
    checked: Checked
    rows: tuple[FinalRow, ...]
    later_events: int
    moved: tuple[Moved, ...]


def finalise(game: OpenGame, now_ms: int, *, amend: bool = False) -> FinalView:
    """Pin the result as this node holds it now; raises `Problem`.

    A game that is final already is amended only where that is asked for; the
    amendment takes the place of every finalisation in force, so two that stood
    beside each other are settled by it.
    """
    check_may_sign(game)
    directory, key = game.log.index.directory, game.key.public_key
    edge = directory.edges.get(key)
    if not game.is_authority and (edge is None or not edge.finalises or directory.is_revoked(key)):
        raise Problem("not_the_authority", "a game is finalised at HQ, or at an edge that was given the right to")
    known = directory.finals()
    if known and not amend:
        raise Problem("already_final", f"the game is final (number {_number(game) - 1}): amend it with --amend")
    if amend and not known:
        raise Problem("bad_request", "there is nothing to amend: the game is not final yet")
    heads = counting_heads(game)
    rows = rows_within(game, heads)
    pins = [Pin(stream, seq, head) for stream, marks in heads.items() for seq, head in marks]
    digest, result = heads_digest(pins), result_hash(rows)
    if [(one.heads, one.result, one.rule_set, one.package) for one in known.values()] == [
        (digest, result, RULES, game.row.package_hash)
    ]:
        raise Problem("bad_request", f"nothing came in since the final result number {_number(game) - 1} was pinned")
    content = Finalisation(RULES, game.row.package_hash, digest, result, _number(game), tuple(known), now_ms)
    statements = [tenancy.issue(game.log.game, GAME, game.key, content)]
    for audience, part in _parts(game, pins):
        statements.append(tenancy.issue(game.log.game, audience, game.key, Heads(content.heads, part)))
    game.log.append(Batch(statements=tuple(statements)))
    game.refresh()
    return final_views(game)[-1]


def final_views(game: OpenGame) -> list[FinalView]:
    """Every finalisation in force, the latest last; two are a conflict until the authority amends."""
    directory = game.log.index.directory
    views = []
    for identity, final in directory.finals().items():
        named = directory.final_heads(final.heads)
        whole = named.whole and all_held(game, named.by_stream)
        rows = rows_within(game, named.by_stream) if whole else ()
        checked: Checked = "not_checked_here"
        if whole and final.rule_set == RULES and final.package == game.row.package_hash:
            checked = "agrees" if result_hash(rows) == final.result else "differs"
        now = rows_within(game, counting_heads(game))
        later = _events_beyond(game, named.by_stream)
        views.append(
            FinalView(
                identity.hex(),
                final.number,
                final.at_ms,
                final.result.hex(),
                checked,
                rows,
                later,
                tuple(moved(rows, now)) if whole else (),
            )
        )
    return sorted(views, key=lambda view: (view.number, view.at_ms or 0, view.id))


def counting_heads(game: OpenGame) -> dict[bytes, tuple[Mark, ...]]:
    """By stream, the signed heads of all that counts."""
    directory, find = game.log.index.directory, game.log.find
    found: dict[bytes, tuple[Mark, ...]] = {}
    for state in game.log.index.streams.values():
        if not may_count(directory, state):
            continue
        marks = tuple(mark for mark in signed_heads(state) if stands(directory, state, mark, find))
        if directory.is_revoked(state.key.public_key):
            pins = {(pin.seq, pin.head) for bound in directory.bounds_of(state.key.public_key) for pin in bound.pins}
            marks = tuple(sorted({*marks, *(p for p in pins if stands(directory, state, p, find))}))
        if marks:
            found[state.id] = marks
    return found


def rows_within(game: OpenGame, heads: HeadsByStream) -> tuple[FinalRow, ...]:
    """The lines of the standings that the ancestors of these heads give, folded from the store."""
    streams = game.log.index.streams
    about_game = game.log.index.streams_of(GAME)
    register = read_register(game.rules, _events(game, about_game, heads))
    results = []
    for team in register.teams.values():
        merged = register.merged(team.id)
        states = {state.id: state for one in sorted(merged) for state in team_streams(game.log, one)}
        for stream, moves in register.homes.items():
            if stream in streams and any(to in merged for _, to in moves):
                states.setdefault(stream, streams[stream])
        events = _events(game, states.values(), heads)
        results.append(fold(game.rules, team, events, register, keep_judged=False))
    return final_rows(standings(results, game.rules, register))


def _events(game: OpenGame, states: Iterable[StreamState], heads: HeadsByStream) -> Iterator[LoggedEvent]:
    """The events of these streams that count and are ancestors of the heads."""
    directory, log = game.log.index.directory, game.log
    for state in states:
        within = ancestry(state, heads.get(state.id, ()), log.find)
        if not within or not may_count(directory, state):
            continue
        author, team = state.key.public_key, state.key.audience[1:]
        role = role_of(directory, author)
        bases = {branch.number: branch.base for branch in state.branches} if len(state.branches) > 1 else {}
        for branch, first_seq, last_seq in standing(directory, state, log.find):
            if branch not in within:
                continue
            previous = bases.get(branch, b"")
            last = min(last_seq, within[branch].last_seq)
            for seq, identity, payload in log.payloads(state.id, branch, first_seq, last):
                yield LoggedEvent(state.id, seq, identity, author, payload, role, team, previous)
                previous = identity if bases else b""


def all_held(game: OpenGame, heads: HeadsByStream) -> bool:
    """Whether every event at and below these heads is held here, with its payload or its erasure."""
    directory, find = game.log.index.directory, game.log.find
    for stream, marks in heads.items():
        state = game.log.index.streams.get(stream)
        if state is None or any(branch_of(state, mark, find) is None for mark in marks):
            return False
        pieces = ancestry(state, marks, find)
        for branch in state.branches:
            cut_off = branch.first_seq > 0 and (branch.first_seq - 1, branch.base) in state.dangling
            if branch.number in pieces and cut_off:
                return False
        for seq, identity in state.bare:
            branch_held = branch_of(state, (seq, identity), find)
            piece = pieces.get(branch_held.number) if branch_held is not None else None
            if piece is not None and seq <= piece.last_seq and directory.fact_of(stream, seq, identity) is None:
                return False
    return True


def _events_beyond(game: OpenGame, heads: HeadsByStream) -> int:
    """How many events that count are held and not among the ancestors of these heads."""
    directory, find = game.log.index.directory, game.log.find
    beyond = 0
    for state in game.log.index.streams.values():
        within = ancestry(state, heads.get(state.id, ()), find)
        for branch, first_seq, last_seq in standing(directory, state, find):
            last = within[branch].last_seq if branch in within else first_seq - 1
            beyond += max(0, last_seq - max(last, first_seq - 1))
    return beyond


def _parts(game: OpenGame, pins: Iterable[Pin]) -> Iterator[tuple[bytes, tuple[Pin, ...]]]:
    """The pins in statements that fit, each for who may read the streams it names."""
    by_audience: dict[bytes, list[Pin]] = {}
    for pin in sorted(pins):
        by_audience.setdefault(game.log.index.streams[pin.stream].key.audience, []).append(pin)
    for audience, named in sorted(by_audience.items()):
        for first in range(0, len(named), HEADS_IN_STATEMENT_MAX):
            yield audience, tuple(named[first : first + HEADS_IN_STATEMENT_MAX])


def _number(game: OpenGame) -> int:
    """The number of the next finalisation."""
    return 1 + max((final.number for final in game.log.index.directory.finals().values()), default=-1)

"""An auditor's reading of a node's file: raw rows, no process asked, no view, no cache, nothing written.

Knows the tables of both kinds of store (a device's and a tenant's) and folds
what counts by the rule book. It names the tables itself on purpose: an audit
that went through the nodes' own code would believe what it is to check.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from client_core.game.content import Package, decode_package
from client_core.game.events import LoggedEvent
from client_core.game.roles import Role
from client_core.game.rules import compile_rules
from client_core.game.scoring import TeamResult, fold
from client_core.game.standings import game_digest, team_digest
from client_core.game.teams import Team, read_register, read_teams
from sync.directory import Directory
from sync.receipt import Receipt
from sync.statement import Statement
from sync.stream import ALL, GAME, StreamKey, team_audience

_ROWS = """
SELECT s.id, s.public_key, s.incarnation, s.audience, e.seq, e.id, e.payload
FROM event AS e JOIN stream AS s ON s.{number} = e.stream_no WHERE s.game_no = ? ORDER BY s.id, e.seq, e.id
"""


class Held(NamedTuple):
    """One event as it stands in a file: its stream's key, and what the fold reads."""

    key: StreamKey
    event: LoggedEvent


class Store(NamedTuple):
    """All that one file holds of its latest game."""

    package: Package
    directory: Directory
    held: tuple[Held, ...]
    receipts: tuple[Receipt, ...]

    @property
    def ids(self) -> frozenset[bytes]:
        """The ids of all events held with their payload."""
        return frozenset(held.event.id for held in self.held)

    @property
    def numbers(self) -> frozenset[tuple[bytes, int]]:
        """The same events by stream and number."""
        return frozenset((held.event.stream, held.event.seq) for held in self.held)

    def team_events(self, team: Team) -> list[LoggedEvent]:
        """The team's events that count: those of devices enrolled for it, and what nodes noted of them."""
        return self._counting(team_audience(team.id))

    def game_events(self) -> list[LoggedEvent]:
        """What is said to everybody and counts."""
        return self._counting(GAME)

    def _counting(self, audience: bytes) -> list[LoggedEvent]:
        """The events of an audience that count, with the role of who says it."""
        counting = [h for h in self.held if h.key.audience == audience and self.directory.may_write(h.key)]
        return [h.event._replace(role=self._role(h.key.public_key), team=audience[1:]) for h in counting]

    def _role(self, author: bytes) -> int:
        speaks_for_all = self.directory.speaks_for_all(author)
        return self.directory.role_of(author) or (Role.ORGANISER if speaks_for_all else Role.PLAYER)

    def teams(self) -> dict[bytes, Team]:
        """The teams that a node of the organiser registered."""
        return read_teams(
            h.event for h in self.held if h.key.audience == GAME and self.directory.scope_of(h.key.public_key) == ALL
        )


def read_store(path: Path) -> Store:
    """Read a file; raises `sqlite3.Error` where it is none of ours."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        tables = {name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if "tenant" in tables:
            (root_key,) = file.execute("SELECT root_public FROM tenant").fetchone()
            game_no, package = file.execute(
                "SELECT g.no, p.content FROM game AS g JOIN package AS p ON p.hash = g.package_hash ORDER BY no DESC"
            ).fetchone()
            number = "no"
        else:
            game_no, root_key, package = file.execute(
                "SELECT game_no, root_key, bytes FROM game JOIN package USING (game_no) ORDER BY game_no DESC"
            ).fetchone()
            number = "stream_no"
        rows = file.execute(_ROWS.format(number=number), (game_no,)).fetchall()
        statements = file.execute("SELECT body, signature FROM statement WHERE game_no = ?", (game_no,)).fetchall()
        receipts = file.execute("SELECT body FROM receipt WHERE game_no = ?", (game_no,)).fetchall()
    directory = Directory(root_key)
    directory.add(Statement(body, signature) for body, signature in statements)
    decoder = msgspec.msgpack.Decoder(Receipt)
    return Store(
        decode_package(package),
        directory,
        tuple(_held(rows)),
        tuple(decoder.decode(body) for (body,) in receipts),
    )


def team_results(store: Store) -> dict[str, TeamResult]:
    """Every team's result by the team's name, folded anew."""
    rules = compile_rules(store.package)
    register = read_register(rules, store.game_events())
    return {team.name: fold(rules, team, store.team_events(team), register) for team in store.teams().values()}


def digests(store: Store) -> tuple[str, dict[str, str]]:
    """The game's digest, and each team's by its name, in hex."""
    results = team_results(store)
    return game_digest(results.values()).hex(), {name: team_digest(result).hex() for name, result in results.items()}


def broken_receipts(store: Store, receipts: Iterable[Receipt]) -> list[Receipt]:
    """The receipts whose events this store lacks: the head itself, or any before it."""
    seqs: dict[bytes, set[int]] = {}
    for held in store.held:
        seqs.setdefault(held.event.stream, set()).add(held.event.seq)
    ids = store.ids
    return [
        receipt
        for receipt in receipts
        if receipt.head not in ids or not seqs[receipt.stream].issuperset(range(receipt.seq + 1))
    ]


def _held(rows: Iterable[tuple[bytes, bytes, bytes, bytes, int, bytes, bytes | None]]) -> Iterable[Held]:
    for stream, public_key, incarnation, audience, seq, identity, payload in rows:
        if payload is not None:
            key = StreamKey(public_key, incarnation, audience)
            yield Held(key, LoggedEvent(stream, seq, identity, public_key, payload))

"""Joining: a code, a key and a name become an enrolled device of a team.

Works the same at HQ and at an edge that is alone: the code is looked up in the
log, the team is registered in this node's `game` stream and the enrolment is
signed by this node, as the authority or under its delegation. What a device is
told is enough to show any node that it may play. A device that shows the code of
another team changes to it: it is enrolled there too, is shown nothing more of
the team it leaves, and what it wrote for that one counts there, whenever it
comes.
"""

from __future__ import annotations

import asyncio
import sqlite3

import msgspec

from client_core.game.actions import JoinCode, TeamRegistered
from client_core.game.joining import JoinAnswer, JoinRequest, MemberOffered
from client_core.game.ranges import NAME_BYTES_MAX
from client_core.game.teams import Team, active_members
from client_core.game.text import TextFault, check_text
from client_core.signing import random_bytes
from server import own_stream, tenancy
from server.codes import hash_code
from server.games import TEAM_NUMBERS_EACH
from server.healing import check_may_sign
from server.join_codes import code_uses, find_code
from server.names import member_names, public_name
from server.not_met import perhaps_made_since
from server.open_game import OpenGame, delegated_key, enrolled_key
from server.problems import Problem
from server.writer import Writer
from sync import ed25519
from sync.batch import Batch
from sync.directory import Numbered
from sync.errors import LocalError
from sync.limits import LEFT_IN_STATEMENT_MAX
from sync.statement import AUTHORITY, ENROLMENT, Enrolment, Leaving, Statement, read_claim
from sync.stream import ALL, GAME, ID_BYTES, Scope, scope_of, team_audience

TRIES_MAX = 3
"""A command beside the server may write in the same stream between two looks."""
WAITING_MAX = 200
"""Each waits for a slow hash and its turn: a few seconds. A start line fits; a flood of guesses does not pile up."""


class Joiner:
    """Lets devices into games, one at a time: numbers of teams and enrolments are given in order."""

    def __init__(self, writer: Writer, *, devices_max: int) -> None:
        self._writer = writer
        self._devices_max = devices_max
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def join(self, game: OpenGame, request: JoinRequest, upstreams: tuple[str, ...], now_ms: int) -> JoinAnswer:
        """Enrol a device, or answer the same again to one that is; raises `Problem`."""
        if not ed25519.is_public_key(request.public_key):
            raise Problem("bad_request", "public_key: these 32 bytes are no Ed25519 public key")
        if self._waiting >= WAITING_MAX:
            raise Problem("busy", f"{self._waiting} devices are joining already", retry_after_s=2)
        self._waiting += 1
        try:
            return await self._join(game, request, upstreams, now_ms)
        finally:
            self._waiting -= 1

    async def _join(self, game: OpenGame, request: JoinRequest, upstreams: tuple[str, ...], now_ms: int) -> JoinAnswer:
        hashed = await asyncio.to_thread(hash_code, game.row.id, request.code)
        async with self._lock:
            for _ in range(TRIES_MAX):
                game.refresh()
                try:
                    team = await self._enrol(game, request, hashed, now_ms)
                except LocalError:
                    continue
                return _answer(game, request.public_key, team, upstreams)
        raise Problem("busy", "another program writes in this game's log", retry_after_s=1)

    async def _enrol(self, game: OpenGame, request: JoinRequest, hashed: bytes | None, now_ms: int) -> Team:
        try:
            code = find_code(game.log, hashed)
        except Problem as problem:
            raise Problem(problem.code, perhaps_made_since(game, problem.detail)) from problem
        known = teams_of_key(game, request.public_key)
        again = next((team for team in known if code.team in {None, team.id}), None)
        directory = game.log.index.directory
        shown = directory.may_read(request.public_key, _scope(again)) if again is not None else False
        if again is not None and again is known[0] and (shown or directory.is_revoked(request.public_key)):
            return again
        _check_uses(game, code)
        check_may_sign(game)
        place = _enrolment_place(game, self._devices_max, known=bool(known))
        team, batch = (again, Batch()) if again is not None else _team(game, code, request.team_name, now_ms)
        scope = _scope(team)
        content = Enrolment(request.public_key, scope, place.number, place.incarnation, place.previous, now_ms)
        statement = tenancy.issue(game.log.game, team_audience(team.id), game.key, content)
        batch = msgspec.structs.replace(batch, statements=(statement, *_leaving(game, request.public_key, scope)))
        row = (game.row.no, request.public_key, code.code_hash, team.id, now_ms)
        await self._writer.submit(game, batch, lambda connection: _note_use(connection, row))
        return team


def _scope(team: Team) -> Scope:
    """What a device of a team may write and read."""
    return scope_of(GAME, team_audience(team.id))


def _leaving(game: OpenGame, key: bytes, scope: Scope) -> list[Statement]:
    """What says that a device reads nothing more of the teams it was enrolled in, the one of `scope` left out."""
    directory = game.log.index.directory
    left = [
        identity
        for identity, given in directory.enrolments_of(key).items()
        if given not in (ALL, scope) and not directory.is_left(key, identity) and _is_of_team(given)
    ]
    parts = [tuple(left[at : at + LEFT_IN_STATEMENT_MAX]) for at in range(0, len(left), LEFT_IN_STATEMENT_MAX)]
    return [tenancy.issue(game.log.game, GAME, game.key, Leaving(key, part)) for part in parts]


def _is_of_team(scope: Scope) -> bool:
    """Whether an enrolment made a device one of a team, and nothing more (a kiosk, say)."""
    return all(audience == GAME or audience[:1] == b"t" for audience in scope)


def teams_of_key(game: OpenGame, public_key: bytes) -> list[Team]:
    """The registered teams a key is enrolled in; first the one it joined last, as far as this node knows."""
    scope = game.log.index.directory.scope_of(public_key)
    teams = (game.board.teams.get(audience[1:]) for audience in scope if audience[:1] == b"t")
    query = "SELECT team FROM join_use WHERE game_no = ? AND public_key = ?"
    latest = game.log.reader.execute(query, (game.row.no, public_key)).fetchone()
    return sorted((team for team in teams if team is not None), key=lambda team: (latest != (team.id,), team.id))


def enrolled_devices(game: OpenGame) -> set[bytes]:
    """The keys of all devices that were enrolled in a team."""
    scopes = game.log.index.directory.scopes
    return {key for key, scope in scopes.items() if scope != ALL and any(a[:1] == b"t" for a in scope)}


def _check_uses(game: OpenGame, code: JoinCode) -> None:
    used = code_uses(game.log).get(code.code_hash, 0)
    if used >= code.uses_max:
        raise Problem("join_code_used_up", f"it could be used {code.uses_max} times; ask the organiser for another")


def _enrolment_place(game: OpenGame, devices_max: int, *, known: bool) -> Numbered:
    """Where this node's next enrolment stands; raises where the game or the delegation is full."""
    directory, key = game.log.index.directory, game.key.public_key
    place = directory.next_enrolment(key)
    edge = directory.edges.get(key)
    if not game.is_authority and edge is None:
        raise Problem("not_enrolled", "this node has no delegation for this game yet")
    if edge is not None and not game.is_authority and place.number >= edge.enrolments_max:
        raise Problem("devices_full", f"this edge may enrol {edge.enrolments_max} devices; ask HQ for a new edge code")
    if not known and len(enrolled_devices(game)) >= devices_max:
        raise Problem("devices_full", f"a game has at most {devices_max} devices here")
    return place


def _team(game: OpenGame, code: JoinCode, name: str, now_ms: int) -> tuple[Team, Batch]:
    """The team the code leads to, and what registers it where it is new."""
    if code.team is not None:
        known = game.board.teams.get(code.team)
        if known is None:
            raise Problem("team_unknown", perhaps_made_since(game, "the code's team has not arrived at this node yet"))
        return known, Batch()
    try:
        check_text(name, "team_name", NAME_BYTES_MAX)
    except TextFault as fault:
        raise Problem("bad_request", f"team_name: {fault.detail}") from fault
    first = game.row.team_number_first
    taken = {team.number for team in game.board.teams.values()}
    number = next(n for n in range(first, first + len(taken) + TEAM_NUMBERS_EACH) if n not in taken)
    team = Team(random_bytes(ID_BYTES), number, name)
    action = TeamRegistered(now_ms, team.id, number, name)
    return team, own_stream.write(game.log.index, game.key, GAME, [action])


def _note_use(connection: sqlite3.Connection, row: tuple[int, bytes, bytes, bytes, int]) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO join_use (game_no, public_key, code_hash, team, joined_at_ms) VALUES (?, ?, ?, ?, ?)",
        row,
    )


def _answer(game: OpenGame, public_key: bytes, team: Team, upstreams: tuple[str, ...]) -> JoinAnswer:
    chain = chain_of(game, public_key, team.id)
    return JoinAnswer(
        tenant=game.tenant.id,
        game=game.row.id,
        team=team.id,
        team_number=team.number,
        team_name=team.name,
        root_key=game.tenant.root_public,
        statements=tuple((statement.body, statement.signature) for statement in chain),
        package_hash=game.row.package_hash,
        upstreams=upstreams,
        members=_members(game, team),
    )


def _members(game: OpenGame, team: Team) -> tuple[MemberOffered, ...]:
    """Who of the team a phone can be, named as everybody may read it."""
    notes = active_members(game.board.register, team.id)
    names = member_names(game) if notes else {}
    return tuple(
        MemberOffered(one.member, public_name(names.get((team.id, one.member), ""), minor=one.minor)) for one in notes
    )


def chain_of(game: OpenGame, public_key: bytes, team: bytes) -> list[Statement]:
    """The statements that enrol a key: the authorities, its own enrolments, and the edges that issued them."""
    audience, directory = team_audience(team), game.log.index.directory
    audiences = game.log.index.statement_audiences
    found = (game.log.statement(identity) for identity, known in audiences.items() if known == audience)
    claims = [(statement, read_claim(statement)) for statement in found if statement is not None]
    own = [
        (s, c)
        for s, c in claims
        if c.kind == ENROLMENT and directory.is_issuer(c.issuer) and enrolled_key(c) == public_key
    ]
    issuers = {claim.issuer for _, claim in own}
    chain = [s for s, c in game.role_statements() if c.kind == AUTHORITY or delegated_key(c) in issuers]
    return [*chain, *(statement for statement, _ in own)]

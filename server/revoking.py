"""Revoking keys, giving roles and changing the authority's key: statements the organiser makes at HQ.

A revocation pins what HQ holds of a key at this moment: that counts, and what
turns up later is held until staff look at it. Of an edge it names the
enrolments to keep; where they are more than one statement holds, the authority
says the others again in its own name.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from client_core.signing import SigningKey
from server import tenancy
from server.db.models import TenantRow
from server.db.tenant_file import TenantFile
from server.healing import check_may_sign
from server.open_game import OpenGame
from server.problems import Problem
from sync.batch import Batch
from sync.limits import AMENDS_MAX, KEPT_IN_STATEMENT_MAX, PINS_IN_STATEMENT_MAX
from sync.placement import signed_heads
from sync.statement import (
    Authority,
    Enrolment,
    Leaving,
    Pin,
    Revocation,
    Role,
    Statement,
    read_known,
    statement_id,
)
from sync.stream import GAME


class DeviceLine(msgspec.Struct, frozen=True):
    """A key in a game: `kind` is authority, edge, device or stranger.

    `team` has the names of all teams it was enrolled in, in the order of their
    numbers; `forked`: copies of it have written; `doubled`: it was enrolled
    under a number that another device has too, by an edge that was restored or
    whose key was stolen.
    """

    key: str
    kind: str
    team: str | None
    role: int
    revoked: bool
    streams: int
    events: int
    forked: bool
    doubled: bool = False


def check_authority(game: OpenGame) -> None:
    """Raise `Problem` where this node may not state anything: `not_the_authority`, `healing`."""
    check_may_sign(game)
    if not game.is_authority:
        raise Problem("not_the_authority", "this is said at HQ, this node is an edge")


def devices(game: OpenGame) -> list[DeviceLine]:
    """Every key that was enrolled or has written: authorities, edges, devices, strangers."""
    directory, streams = game.log.index.directory, game.log.index.streams.values()
    doubled = frozenset[bytes]().union(*directory.conflicts().values())
    keys = {*directory.authorities, *directory.edges, *directory.scopes, *(s.key.public_key for s in streams)}
    lines = []
    for key in sorted(keys):
        own = [s for s in streams if s.key.public_key == key]
        teams = (game.board.teams.get(audience[1:]) for audience in directory.scope_of(key) if audience[:1] == b"t")
        kind = "authority" if key in directory.authorities else "edge" if key in directory.edges else "device"
        lines.append(
            DeviceLine(
                key.hex(),
                kind if directory.scope_of(key) else "stranger",
                ", ".join(team.name for team in sorted(filter(None, teams), key=lambda team: team.number)) or None,
                directory.role_of(key),
                directory.is_revoked(key),
                len(own),
                sum(b.tip_seq - b.first_seq + 1 for s in own for b in s.branches),
                any(s.forked for s in own),
                key in doubled,
            )
        )
    return lines


def find_key(game: OpenGame, name: str) -> bytes:
    """The key whose hex begins like this; raises `Problem("bad_request")` for none or several."""
    found = [line.key for line in devices(game) if line.key.startswith(name.lower())]
    if len(found) != 1 or len(name) < 4:
        raise Problem(
            "bad_request", f"{len(found)} keys begin with {name!r}: see wayfold device list, give more letters"
        )
    return bytes.fromhex(found[0])


def revoke(game: OpenGame, key: bytes, *, keep_nothing: bool = False) -> None:
    """From now on everything this key wrote that is not held here yet is held for staff; raises `Problem`.

    Said again, it takes the place of what was said before: what came in since
    and is held then counts. With `keep_nothing` nothing of the key counts.
    """
    check_authority(game)
    if game.log.index.directory.is_authority(key):
        raise Problem("bad_request", "this is HQ's own key: wayfold tenant rotate-key")
    pins = () if keep_nothing else pins_of(game, key)
    enrolments = sorted(game.log.index.directory.enrolments_by(key))
    keeps, again = (
        ((), ()) if keep_nothing else (enrolments[:KEPT_IN_STATEMENT_MAX], enrolments[KEPT_IN_STATEMENT_MAX:])
    )
    amends = game.log.index.directory.revocation_ids(key)[:AMENDS_MAX]
    content = Revocation(key, pins, tuple(keeps), amends)
    statements = (tenancy.issue(game.log.game, GAME, game.key, content), *said_again(game, game.key, again))
    game.log.append(Batch(statements=statements))
    game.refresh()


def pins_of(game: OpenGame, key: bytes) -> tuple[Pin, ...]:
    """What is held of a key: its signed heads, the longest first where there are too many for one statement."""
    streams = [s for s in game.log.index.streams.values() if s.key.public_key == key]
    pins = [Pin(state.id, seq, head) for state in streams for seq, head in signed_heads(state)]
    return tuple(sorted(pins, key=lambda pin: (-pin.seq, pin))[:PINS_IN_STATEMENT_MAX])


def said_again(game: OpenGame, key: SigningKey, identities: Iterable[bytes]) -> list[Statement]:
    """What these statements say, said by the authority itself: teams that were left stay left."""
    directory, said = game.log.index.directory, []
    found = (game.log.statement(identity) for identity in identities)
    for one in filter(None, (read_known(statement) for statement in found if statement is not None)):
        again = tenancy.issue(game.log.game, one.claim.audience, key, one.content)
        said.append(again)
        if isinstance(one.content, Enrolment) and directory.is_left(one.content.key, one.id):
            leaving = Leaving(one.content.key, (statement_id(again.body),))
            said.append(tenancy.issue(game.log.game, GAME, key, leaving))
    return said


def give_role(game: OpenGame, key: bytes, role: int) -> None:
    """Let a key act as a role from now on; 0 takes it back. Raises `Problem`."""
    check_authority(game)
    number = sum(1 for _ in game.log.index.statement_audiences)
    game.log.append(Batch(statements=(tenancy.issue(game.log.game, GAME, game.key, Role(key, role, number)),)))
    game.refresh()


def rotate_key(file: TenantFile, tenant: TenantRow, games: list[OpenGame], fresh: SigningKey, *, stolen: bool) -> int:
    """Give HQ a new key of the next epoch in every game; returns the epoch. Raises `Problem`.

    What the old key signed stays valid. `stolen`: whatever it signed that is
    not held here does not count; what it said is said again by the new one.
    Where a game knows already that the key was replaced, since this file is
    older than that, what was said then stands and nothing is said again.
    """
    if tenant.root_seed is None:
        raise Problem("not_the_authority", "an edge has no authority key")
    old, root = SigningKey.from_seed(tenant.node_seed), SigningKey.from_seed(tenant.root_seed)
    if not any(game.key_is_replaced for game in games):  # a replaced key has to go, whatever else is missing
        for game in games:
            check_may_sign(game)
    known = [epoch for game in games for epoch in game.log.index.directory.authorities.values()]
    epoch = max([tenant.authority_epoch, *known]) + 1
    for game in games:
        statements = [tenancy.issue(game.log.game, GAME, root, Authority(fresh.public_key, epoch))]
        if stolen and not game.key_is_replaced:
            ours = [
                identity for identity in game.log.index.statement_audiences if _issuer(game, identity) == old.public_key
            ]
            bound = Revocation(old.public_key, pins_of(game, old.public_key))
            statements += [tenancy.issue(game.log.game, GAME, fresh, bound), *said_again(game, fresh, ours)]
        game.log.append(Batch(statements=tuple(statements)))
    with file.writing() as session:
        row = session.get(TenantRow, tenant.id)
        assert row is not None
        row.node_seed, row.authority_epoch = fresh.seed, epoch
    return epoch


def _issuer(game: OpenGame, identity: bytes) -> bytes | None:
    statement = game.log.statement(identity)
    known = read_known(statement) if statement is not None else None
    return known.claim.issuer if known is not None else None

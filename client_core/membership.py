"""Joining, on the device: a game and who this device is in it, written into a store and found there again."""

from __future__ import annotations

from collections.abc import Sequence

from client_core.clock import Clock
from client_core.game.content import Package, decode_package
from client_core.game.entrants import Presence
from client_core.game.joining import JoinAnswer, MemberOffered
from client_core.signing import random_bytes
from client_core.store import device
from client_core.store.checkpoints import write_package
from client_core.store.database import Database
from sync.statement import Statement


class ReplicaError(Exception):
    """A call that makes no sense now.

    `code` is `not_joined`, `already_joined`, `member_needed`, `member_unknown`, `unknown_checkpoint`,
    `unknown_challenge` or `nonce_malformed`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


def put_game(database: Database, answer: JoinAnswer, package: bytes, key: device.Key, clock: Clock) -> None:
    """Write a joined game into a store.

    Raises `PackageError`, `ReplicaError` (`already_joined`) or a `StoreError`; nothing was written then.
    """
    content = decode_package(package)
    with database.transaction() as connection:
        game_no = device.game_number(connection, answer.tenant, answer.game, answer.root_key)
        if device.other_key(connection, game_no, key):
            raise ReplicaError("already_joined", f"{database.path} plays this game already, under another key")
        held = connection.execute("SELECT hash FROM package WHERE game_no = ?", (game_no,)).fetchone()
        if held is None or held[0] != answer.package_hash:
            write_package(connection, game_no, content)
        membership = device.Membership(
            game_no,
            answer.tenant,
            answer.game,
            answer.root_key,
            key.seed,
            answer.team,
            answer.team_number,
            answer.team_name,
            random_bytes(16),
            key.public_key,
        )
        device.write_membership(connection, membership, clock.now_ms())
        device.write_upstreams(connection, game_no, answer.upstreams)


def statements_of(answer: JoinAnswer) -> tuple[Statement, ...]:
    """The chain that enrols this device."""
    return tuple(Statement(body, signature) for body, signature in answer.statements)


def joined(database: Database) -> device.Membership:
    """The game that a store joined last. Raises `ReplicaError` (`not_joined`)."""
    membership = device.latest_membership(database)
    if membership is None:
        raise ReplicaError("not_joined", f"{database.path} has joined no game yet: join first")
    return membership


def is_needed(package: Package, members: int) -> bool:
    """Whether a device of a team of so many members counts only for those it says it plays for."""
    return package.members.presence is not Presence.UNION and members > 0


def choose(package: Package, offered: Sequence[MemberOffered], wanted: Sequence[int]) -> tuple[int, ...]:
    """The members a joining device will play for, where it cannot be asked again: see `chosen_of`.

    Raises `ReplicaError`: `member_unknown`, or `member_needed` where the game asks and nothing was said.
    """
    chosen = chosen_of(offered, wanted)
    if not chosen and is_needed(package, len(offered)):
        raise ReplicaError(
            "member_needed",
            f"this game looks at each member: join again with --member and whose phone this is: {_listed(offered)}",
        )
    return chosen


def chosen_of(offered: Sequence[MemberOffered], wanted: Sequence[int]) -> tuple[int, ...]:
    """Those wanted of a team's members, or the only one there is. Raises `ReplicaError` (`member_unknown`)."""
    known = [one.number for one in offered]
    wrong = next((one for one in wanted if one not in known), None)
    if wrong is not None:
        there = f"it has {_listed(offered)}" if offered else "its members are not known at this node"
        raise ReplicaError("member_unknown", f"the team has no member {wrong}: {there}")
    return tuple(dict.fromkeys(wanted)) or (tuple(known) if len(known) == 1 else ())


def _listed(offered: Sequence[MemberOffered]) -> str:
    return ", ".join(f"{one.number} {one.name}".rstrip() for one in offered)

"""One game while a node serves it: its rows, its log, its rule book, its scores."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from client_core.game.content import decode_package
from client_core.game.rules import compile_rules
from client_core.signing import SigningKey
from server.db.models import GameRow, TenantRow
from server.db.tenant_file import TenantFile
from server.games import game_log, package_of
from server.scoreboard import Scoreboard
from server.strangers import Strangers
from sync.directory import ENROLMENT, Claim, Delegation, Enrolment, read_claim
from sync.index import Changes
from sync.receipt import CUSTODY, SAFE
from sync.segment import Segment


class OpenGame:
    """What requests about one game share. Lives as long as the tenant's file is open."""

    def __init__(self, file: TenantFile, tenant: TenantRow, row: GameRow) -> None:
        """Open it; raises `Problem("package_missing")`."""
        self.file, self.tenant, self.row = file, tenant, row
        self.key = SigningKey.from_seed(tenant.node_seed)
        self.log = game_log(file, tenant, row)
        with file.reading() as session:
            self.package_bytes = package_of(session, row)
        self.rules = compile_rules(decode_package(self.package_bytes))
        self.board = Scoreboard(self.log, self.rules)
        self._roles = self._read_roles()
        self.changed_at_ms = 0
        self.strangers = Strangers(self.log)

    @property
    def is_authority(self) -> bool:
        """Whether this node's key speaks for the tenant in this game."""
        return self.key.public_key in self.log.index.directory.authorities

    @property
    def level(self) -> int:
        """The receipt this node may give."""
        return SAFE if self.is_authority else CUSTODY

    def follow(self, changes: Changes, segments: Sequence[Segment] = ()) -> None:
        """Fold on what this node just committed and applied; `segments` are those among it."""
        self.strangers.follow(changes)
        claims = [read_claim(statement) for statement in changes.statements]
        if any(claim.kind != ENROLMENT for claim in claims) and self._roles != (roles := self._read_roles()):
            self._roles = roles
            self.strangers.recount()
            self.board.rebuild()
            return
        if claims:
            self.board.admit(filter(None, map(enrolled_key, claims)))
        self.board.catch_up(changes.streams, segments)

    def refresh(self) -> None:
        """Take in what another process committed (a command beside the server)."""
        if self.log.refresh() or self.board.index is not self.log.index:
            self._roles = self._read_roles()
            self.strangers.recount()
            self.board.rebuild()

    def _read_roles(self) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """The authorities and edges: when they change, anybody's enrolment may."""
        directory = self.log.index.directory
        return frozenset(directory.authorities), frozenset(directory.edges)


def enrolled_key(claim: Claim) -> bytes | None:
    """The key an enrolment names, or None where its record is not sound."""
    try:
        return msgspec.msgpack.decode(claim.content, type=Enrolment).key
    except msgspec.DecodeError:
        return None


def delegated_key(claim: Claim) -> bytes | None:
    """The key a delegation names, or None where its record is not sound."""
    try:
        return msgspec.msgpack.decode(claim.content, type=Delegation).key
    except msgspec.DecodeError:
        return None

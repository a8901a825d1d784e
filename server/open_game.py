"""One game while a node serves it: its rows, its log, its rule book, its scores."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from client_core.game.content import PackageError, decode_package
from client_core.game.rules import Rules, compile_rules
from client_core.signing import SigningKey
from server.db.models import GameRow, TenantRow
from server.db.tenant_file import TenantFile
from server.folder import Folder
from server.games import game_log, package_of
from server.hearing import Hearing
from server.problems import Problem
from server.replaced_key import is_replaced
from server.scoreboard import Scoreboard
from server.strangers import Strangers
from sync.index import Changes
from sync.receipt import CUSTODY, SAFE
from sync.segment import Segment
from sync.statement import AUTHORITY, DELEGATION, Claim, Delegation, Enrolment, Statement, read_claim
from sync.stream import GAME


class OpenGame:
    """What requests about one game share. Lives as long as the tenant's file is open."""

    def __init__(self, file: TenantFile, tenant: TenantRow, row: GameRow, folder: Folder | None = None) -> None:
        """Open it, its scores folded with the help of `folder`; raises `Problem("package_missing")`.

        A game of a newer rule book than this program's is relayed, and not scored: see `cannot_score`.
        """
        self.file, self.tenant, self.row = file, tenant, row
        self.key = SigningKey.from_seed(tenant.node_seed)
        self.log = game_log(file, tenant, row)
        with file.reading() as session:
            self.package_bytes = package_of(session, row)
        self.cannot_score = ""
        """Why this program does not score the game, in a sentence; empty where it does."""
        try:
            rules = compile_rules(decode_package(self.package_bytes))
        except PackageError as error:
            if error.code != "package_newer":
                raise
            self.cannot_score = f"{error.detail}. Until then this node only keeps and relays what it is sent"
        else:
            self._board = Scoreboard(self.log, rules, self.package_bytes, folder)
        self.hearing = Hearing(self.log)
        self._revision = self.log.index.directory.revision
        self._role_statements: list[tuple[Statement, Claim]] | None = None
        self.changed_at_ms = 0
        self.fresh: set[bytes] = set()
        """Streams that grew here and that `witnessing` has not heard of."""
        self.offered_by: set[bytes] = set()
        """While healing: the edges that have shown that they hold the same."""
        self.strangers = Strangers(self.log)

    @property
    def board(self) -> Scoreboard:
        """The scores; raises `Problem("cannot_score")`."""
        if self.cannot_score:
            raise Problem("cannot_score", self.cannot_score)
        return self._board

    @property
    def rules(self) -> Rules:
        """The rule book of its package; raises `Problem("cannot_score")`."""
        return self.board.rules

    @property
    def is_authority(self) -> bool:
        """Whether this node's key speaks for the tenant in this game."""
        return self.log.index.directory.is_authority(self.key.public_key)

    @property
    def key_is_replaced(self) -> bool:
        """Whether this is an HQ whose key was replaced as stolen after its file was copied."""
        return is_replaced(self.log.index.directory, self.key.public_key)

    @property
    def level(self) -> int:
        """The receipt this node may give."""
        return SAFE if self.is_authority else CUSTODY

    def follow(self, changes: Changes, segments: Sequence[Segment] = ()) -> None:
        """Fold on what this node just committed and applied; `segments` are those among it."""
        self.fresh.update(changes.streams)
        self.strangers.follow(changes, segments)
        if changes.statements:
            if self._revision != self.log.index.directory.revision:
                self._look_anew()
                return
            if not self.cannot_score:
                self.board.admit(filter(None, map(enrolled_key, map(read_claim, changes.statements))))
        if not self.cannot_score:
            self.board.catch_up(changes.streams, segments)

    def refresh(self) -> bool:
        """Take in what another process committed (a command beside the server); whether there was anything."""
        anew = self.log.refresh() or (not self.cannot_score and self.board.index is not self.log.index)
        if anew:
            self._look_anew()
        return anew

    def _look_anew(self) -> None:
        """The directory says something else of keys that were known: whatever they wrote may count or not."""
        self._revision, self._role_statements = self.log.index.directory.revision, None
        self.strangers.recount()
        if not self.cannot_score:
            self.board.rebuild()

    def role_statements(self) -> list[tuple[Statement, Claim]]:
        """The statements that make authorities and edges: the root's and the authorities' own, not what strangers say.

        Read once until roles change: whoever joins is handed some of them, and strangers may have pushed thousands.
        """
        if self._role_statements is None:
            directory, found = self.log.index.directory, []
            for identity, audience in self.log.index.statement_audiences.items():
                statement = self.log.statement(identity) if audience == GAME else None
                if statement is None:
                    continue
                claim = read_claim(statement)
                of_root = claim.kind == AUTHORITY and claim.issuer == directory.root_key
                if of_root or (claim.kind == DELEGATION and claim.issuer in directory.authorities):
                    found.append((statement, claim))
            self._role_statements = found
        return self._role_statements


def enrolled_key(claim: Claim) -> bytes | None:
    """The key an enrolment names, or None where its record is not sound."""
    try:
        return msgspec.msgpack.decode(claim.content, type=Enrolment).key
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def delegated_key(claim: Claim) -> bytes | None:
    """The key a delegation names, or None where its record is not sound."""
    try:
        return msgspec.msgpack.decode(claim.content, type=Delegation).key
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None

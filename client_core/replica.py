"""Replica: one node's copy of one game, the object a user interface holds.

    open, join            a file that plays
    check_in start finish judge, seal, append and COMMIT; only then say "done"; then apply
    record                the same for what no rule judges: SOS, words to staff, retiring, consent
    notices alarms        what staff wrote to this team, and what became of its calls for help
    result digest status  what the team has, and who else holds it
    sync_once             one session with the first upstream that answers
    export, import        the same, through a file

It is not thread-safe: one caller at a time. Judging here is advice to the
player; every replica judges again by the same rules.

What always holds: what a call has returned from survives a crash. A stream is
written by one incarnation only: as soon as this device is shown events of its
own stream that it does not hold, it goes on in a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self, TypeVar

import msgspec

from client_core.clock import Clock, WallClock
from client_core.custody import Counts, count_own, unsent_ids
from client_core.game.actions import (
    CheckIn,
    Consented,
    Finish,
    HolderShown,
    Known,
    MessageRead,
    Retired,
    Said,
    Sos,
    Start,
    accuracy_dm,
)
from client_core.game.checkpoints import Checkpoint, Method
from client_core.game.content import Package, decode_package
from client_core.game.crossing import holder_told
from client_core.game.desk import Alarm, Notice, Words, alarms, notices, words
from client_core.game.entrants import PlaysFor
from client_core.game.events import LoggedEvent
from client_core.game.fences import Fix
from client_core.game.foreseeing import Pen
from client_core.game.joining import JoinAnswer, JoinRequest
from client_core.game.nonces import NonceTaken, read_nonce, shown_at
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import TeamResult
from client_core.game.teams import Register, Team
from client_core.game.verdicts import Accepted, Covered, Reason, Refused, Verdict, is_kept
from client_core.holding import Holding
from client_core.membership import ReplicaError, choose, joined, put_game, statements_of
from client_core.own_stream import CONTINUED_MAX, OwnStream, own_states
from client_core.sessions import hold, met, stored
from client_core.signing import SigningKey, random_bytes
from client_core.software import software
from client_core.status import Status, read_status
from client_core.store import device
from client_core.store.blobs import Blobs
from client_core.store.checkpoints import Checkpoints
from client_core.store.database import Database
from client_core.store.event_log import SqliteLog
from client_core.transports.errors import TransportError
from client_core.transports.file import read_bundle, write_bundle
from client_core.transports.joining import fetch_package, game_address
from client_core.transports.joining import join as ask_to_join
from sync.batch import Batch
from sync.bundle import BundleReport, export_bundle, import_bundle
from sync.effects import Session
from sync.errors import RemoteError
from sync.initiator import Initiating, Report, initiate
from sync.intake import Intake
from sync.messages import Statements
from sync.statement import Statement
from sync.stream import GAME, GameKey, StreamKey, scope_of, team_audience

T = TypeVar("T")

Unjudged = Retired | Sos | Said | Consented | MessageRead | NonceTaken | PlaysFor
"""What a player does that the rules say nothing about."""


class Transport(Protocol):
    """A way to one node; raises `TransportError`."""

    @property
    def url(self) -> str:
        """The node's address, under which what is learnt of it is kept."""

    def exchange(self, body: bytes) -> bytes:
        """Carry the bytes of one exchange there and its answer back."""

    def close(self) -> None:
        """The session is over."""


class Replica:
    """A device's copy of its game; made by `open`, `join` or `create`."""

    def __init__(self, database: Database, membership: device.Membership, package: Package, clock: Clock) -> None:
        self.game = GameKey(membership.tenant, membership.game)
        self.package = package
        self.rules: Rules = compile_rules(package)
        self.checkpoints = Checkpoints(database, membership.game_no)
        self.clock = clock
        self.log = SqliteLog(database, self.game)
        self.blobs = Blobs(database, membership.game_no)
        self.holding = Holding(self.log, self.rules, _unregistered(membership))
        """What is held of the game and of the own team, read and folded."""
        self._play_as(membership)
        self._database = database
        self.public_key = membership.public_key or SigningKey.from_seed(membership.seed).public_key
        """This device's key, by which others know it."""
        self._number_by_code = {checkpoint.code: number for number, checkpoint in enumerate(package.checkpoints)}
        self._pen = OwnStream(self.log, StreamKey(self.public_key, membership.incarnation, self.audience))

    @classmethod
    def open(cls, path: str | Path, clock: Clock | None = None) -> Self:
        """Open the game that a file joined last. Raises `ReplicaError` (`not_joined`) or a `StoreError`."""
        database = Database.open(path, create=False)
        try:
            return cls.of(database, clock or WallClock())
        except BaseException:
            database.close()
            raise

    @classmethod
    def of(cls, database: Database, clock: Clock) -> Self:
        """The game that an open store joined last. Raises `ReplicaError` (`not_joined`) or a `StoreError`."""
        membership = joined(database)
        row = database.row("SELECT bytes FROM package WHERE game_no = ?", (membership.game_no,))
        assert row is not None, "a membership is written with its package"
        return cls(database, membership, decode_package(row[0]), clock)

    @classmethod
    def join(
        cls,
        path: str | Path,
        url: str,
        code: str,
        team_name: str = "",
        clock: Clock | None = None,
        members: Sequence[int] = (),
    ) -> Self:
        """Join a game at a node and open it. A file that joined before stays the same device.

        `members` are those of the team whose phone this is. Raises
        `TransportError`, `PackageError`, `ReplicaError` or a `StoreError`.
        """
        address = game_address(url)
        with Database.open(path) as database:
            place = f"{address.origin}/{address.tenant}"
            seed = device.key_seed(database, place, SigningKey.generate().seed)
        public_key = SigningKey.from_seed(seed).public_key
        answer = ask_to_join(address, JoinRequest(code=code, public_key=public_key, team_name=team_name))
        package = fetch_package(address, answer.package_hash)
        chosen = choose(decode_package(package), answer.members, members)
        replica = cls.create(path, answer, package, seed, clock)
        if chosen:
            replica.record(PlaysFor(replica.clock.now_ms(), chosen))
        return replica

    @classmethod
    def create(
        cls, path: str | Path, answer: JoinAnswer, package: bytes, seed: bytes, clock: Clock | None = None
    ) -> Self:
        """Put a joined game into a file and open it. Raises like `join`."""
        with Database.open(path) as database:
            put_game(database, answer, package, device.Key(seed=seed), clock or WallClock())
        replica = cls.open(path, clock)
        replica.take_statements(statements_of(answer))
        return replica

    def close(self) -> None:
        """Close the file; everything acknowledged is in it already."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def number_of(self, code: str) -> int:
        """A checkpoint's number by its code. Raises `ReplicaError` (`unknown_checkpoint`)."""
        number = self._number_by_code.get(code)
        if number is None:
            raise ReplicaError("unknown_checkpoint", f"this game has no checkpoint {code!r}")
        return number

    def checkpoint(self, number: int) -> Checkpoint:
        """A checkpoint by its number."""
        return self.package.checkpoints[number]

    def check_in(
        self,
        checkpoint: int,
        *,
        at_ms: int,
        fix: Fix | None = None,
        code: str | None = None,
        qr: bool = False,
        stayed_ms: int | None = None,
    ) -> Verdict:
        """Check in by what stands there (`code`; `qr`: it was scanned) or by position.

        `stayed_ms`: how long the player has been there, where the device can tell.
        The answer comes after COMMIT. Of refused check-ins those are kept that `records` says. Raises
        `TextFault`, `ValueError` or a `StoreError`, and then nothing was recorded.
        """
        method = Method.GPS if code is None else Method.QR if qr else Method.CODE
        view = self._view_of(checkpoint, at_ms)
        action = CheckIn(method, code, at_ms, checkpoint, before_ms=stayed_ms, view=view)
        if fix is not None:
            where = {"lon_e7": fix.lon_e7, "lat_e7": fix.lat_e7, "accuracy_dm": accuracy_dm(fix.accuracy_mm)}
            action = msgspec.structs.replace(action, **where)
        return self.act(action)

    def holder_told(self, checkpoint: int) -> HolderShown | None:
        """Who holds a checkpoint, as a node told it last; None where none did."""
        told = holder_told(self.register().shown, checkpoint)
        return None if told is None else told[1]

    def _view_of(self, checkpoint: int, at_ms: int) -> bytes | None:
        """The event by which the player knows who holds a checkpoint, where the game tells it."""
        if checkpoint not in self.rules.crossing or not self.package.showing.tells_holders(at_ms):
            return None
        told = holder_told(self.register().shown, checkpoint)
        return None if told is None else told[0]

    @staticmethod
    def records(verdict: Verdict) -> bool:
        """Whether an action with this verdict is kept in the log."""
        return is_kept(verdict)

    def start(self, *, at_ms: int) -> Verdict:
        """Start the team's time, where the game lets teams do so; see `check_in`."""
        return self.act(Start(at_ms))

    def finish(self, *, at_ms: int) -> Verdict:
        """Say that the team is done, in a game without a finish checkpoint; see `check_in`."""
        return self.act(Finish(at_ms))

    def record(self, action: Unjudged) -> None:
        """Keep what no rule judges: durable when this returns, sent with the next session. Raises like `check_in`."""
        self._catch_up()
        self._write(action)

    def take_nonce(self, typed: str, *, at_ms: int) -> int | None:
        """Keep a kiosk's code of time, scanned or typed, as a witness for this device's clock; see `record`.

        Returns when the kiosk showed it, as far as this device has heard of that
        kiosk's codes; None where it has not yet: the code counts once it has.
        Raises `ReplicaError` (`nonce_malformed`) where it cannot be a code.
        """
        code = read_nonce(typed)
        if code is None:
            raise ReplicaError("nonce_malformed", "a code of time has twenty letters and digits: read it once more")
        self.record(NonceTaken(at_ms, code))
        return shown_at(self.register().nonces, code)

    def notices(self) -> list[Notice]:
        """The messages of staff for this team, the latest first."""
        self._catch_up()
        mine = self.membership.team
        sent = notices(self.holding.desk(), {mine: frozenset(self.team().categories)})
        return [notice for notice in sent if mine in notice.teams]

    def alarms(self) -> list[Alarm]:
        """This team's own calls for help, and what staff answered."""
        self._catch_up()
        return alarms(self.holding.desk())

    def words(self) -> list[Words]:
        """What this team wrote to staff, the latest first."""
        self._catch_up()
        return words(self.holding.desk())

    def unsent_ids(self) -> frozenset[bytes]:
        """The ids of this device's events that nobody else is known to hold."""
        peers = device.read_peers(self._database, self.membership.game_no)
        return unsent_ids(self.log, self.public_key, [peer.store for peer in peers if peer.doubted])

    def act(self, action: Known) -> Verdict:
        """Judge and keep any action of play: an answer, a hint, a photo; see `check_in`."""
        verdict = self.foresee(action)
        if is_kept(verdict):
            self._write(action)
        return verdict

    def foresee(self, action: Known) -> Verdict:
        """The verdict that an action would have now; nothing is kept."""
        self._catch_up()
        pen = self._pen_now()
        state = self.log.index.streams.get(pen.id)
        # A first event may be preceded by those that name the heads it goes on from.
        seq = CONTINUED_MAX if state is None else state.branches[0].tip_seq + 1
        verdict = self.holding.foresee(action, Pen(pen.id, seq, self.public_key))
        if not isinstance(action, CheckIn) or not isinstance(verdict, Refused):
            return verdict
        covered = verdict.reason is Reason.ALREADY_VISITED and not self._was_here(action.checkpoint)
        return Covered(verdict.reason, verdict.values) if covered else verdict

    def _was_here(self, checkpoint: int) -> bool:
        """Whether this device itself checked in at a checkpoint before."""
        own = (one.action for one in self.holding.entries() if one.author == self.public_key)
        return any(isinstance(action, CheckIn) and action.checkpoint == checkpoint for action in own)

    def stream_id(self) -> bytes:
        """The stream that this device writes now."""
        return self._pen_now().id

    def _catch_up(self) -> None:
        """Take over what another process (a command beside a running device) wrote to the file."""
        if self.log.refresh():
            self._play_as(joined(self._database))

    def _play_as(self, membership: device.Membership) -> None:
        """Go on as this membership says: another team has another audience and scope, and holds other events."""
        self.membership = membership
        self.audience = team_audience(membership.team)
        self.scope = scope_of(GAME, self.audience)
        if self.holding.unregistered != _unregistered(membership):
            self.holding = Holding(self.log, self.rules, _unregistered(membership))

    def _write(self, action: Known) -> None:
        """Commit an action at the tip of the own stream."""
        self.holding.look()
        self.holding.take(self._pen_now().write(action))

    def _pen_now(self) -> OwnStream:
        key = StreamKey(self.public_key, self.membership.incarnation, self.audience)
        if self._pen.key != key:
            self._pen = OwnStream(self.log, key)
        return self._pen

    def result(self) -> TeamResult:
        """The own team's result, folded from the events held here."""
        return self.holding.result()

    def digest(self) -> bytes:
        """The digest of the own team's result, folded anew from this file: 32 bytes, equal on every node."""
        return self.holding.digest()

    def status(self) -> Status:
        """How safe this device's events are, what failed, and what to look at."""
        peers = device.read_peers(self._database, self.membership.game_no)
        return read_status(peers, self.counts(peers), self.result(), own_states(self.log, self.public_key))

    def counts(self, peers: Sequence[device.Peer] | None = None) -> Counts:
        """Own events by who else holds them."""
        if peers is None:
            peers = device.read_peers(self._database, self.membership.game_no)
        doubted = [peer.store for peer in peers if peer.doubted]
        return count_own(self.log, self.public_key, doubted)

    def team_events(self) -> list[LoggedEvent]:
        """The team's events that count, as far as they are held here."""
        return self.holding.events()

    def register(self) -> Register:
        """What the game's own streams say to everybody, as far as they are held here."""
        return self.holding.register()

    def team(self) -> Team:
        """The own team: as registered in the log, else as the join said."""
        return self.holding.team()

    def upstreams(self) -> list[str]:
        """The addresses to sync with, in the order to try them."""
        peers = device.read_peers(self._database, self.membership.game_no)
        return [peer.url for peer in peers if peer.position is not None]

    def sync_once(self, *transports: Transport) -> Report:
        """One session with the first of these nodes that answers.

        Raises the last one's `TransportError` or `RemoteError` where none did;
        what was taken in before a failure stays. Each failure is in `status`.
        """
        assert transports, "a session needs somebody to hold it with"
        for transport in transports[:-1]:
            try:
                return self._sync_with(transport)
            except (TransportError, RemoteError):
                continue
        return self._sync_with(transports[-1])

    def _sync_with(self, transport: Transport) -> Report:
        try:
            return hold(self.syncing(transport.url), self._key(), transport.exchange)
        finally:
            transport.close()

    def syncing(self, url: str) -> Session[Report]:
        """One session with the node of that address, for a driver that answers `Sign`, `Verify` and `Exchange`.

        Raises `TransportError` or `RemoteError`; see `sync_once`.
        """
        peers = device.read_peers(self._database, self.membership.game_no)
        peer = next((p for p in peers if p.url == url), device.Peer(url))
        me = Initiating(self.public_key, self.scope, peer.store, peer.epoch, software())
        try:
            report = yield from self._stored(initiate(self.log, me))
            left = self._left_to_bring(peer, report)
            if left:
                bringing = msgspec.structs.replace(me, scope=scope_of(*left), reads=False)
                brought = yield from self._stored(initiate(self.log, bringing))
                report.sent += brought.sent
        except (TransportError, RemoteError) as error:
            now_ms = self.clock.now_ms()
            failed = {"failed_at_ms": now_ms, "failed_code": error.code, "failed_detail": error.detail}
            self._keep(msgspec.structs.replace(peer, **failed))
            raise
        self._keep(met(peer, report, self.clock.now_ms()))
        return report

    def left_teams(self) -> list[bytes]:
        """The audiences of teams this device played for before and wrote something in."""
        return sorted({state.key.audience for state in own_states(self.log, self.public_key)} - {self.audience})

    def left_unsafe(self) -> list[bytes]:
        """Those of them in which something is not safe yet."""
        peers = device.read_peers(self._database, self.membership.game_no)
        doubted = [peer.store for peer in peers if peer.doubted]
        counted = {one: count_own(self.log, self.public_key, doubted, one) for one in self.left_teams()}
        return [audience for audience, counts in counted.items() if counts.unsent or counts.in_custody]

    def _left_to_bring(self, peer: device.Peer, report: Report) -> list[bytes]:
        """Former teams' audiences to compare with a peer: all with one met anew or restored, else what is unsafe."""
        welcome = report.welcome
        if welcome is None or report.retry_after_ms > 0:
            return []
        fresh = (welcome.store, welcome.epoch) != (peer.store, peer.epoch)
        return self.left_teams() if fresh else self.left_unsafe()

    def export_bundle(self, path: Path) -> int:
        """Write all that is held, own events signed, to a file; returns its bytes. Raises `TransportError`."""
        data = hold(self.exporting(), self._key())
        write_bundle(path, data)
        return len(data)

    def exporting(self) -> Session[bytes]:
        """All that is held as a bundle's bytes, for a driver that answers `Sign`."""
        scope = scope_of(*self.scope, *self.left_unsafe())
        return self._stored(export_bundle(self.log, self.public_key, scope))

    def import_bundle(self, path: Path) -> BundleReport:
        """Take in a bundle. Raises `TransportError` or `RemoteError`; nothing was stored then."""
        return hold(self.importing(read_bundle(path)), self._key())

    def importing(self, data: bytes) -> Session[BundleReport]:
        """Take in a bundle's bytes, for a driver that answers `Verify`. Raises `RemoteError`; see `import_bundle`."""
        return (yield from self._stored(import_bundle(data, self.log, self.scope)))

    def take_statements(self, statements: tuple[Statement, ...]) -> None:
        """Check and keep directory statements, such as the chain that enrols this device. Raises `RemoteError`."""
        hold(self.taking(statements), self._key())

    def taking(self, statements: tuple[Statement, ...]) -> Session[None]:
        """`take_statements`, for a driver that answers `Verify`."""
        intake = Intake(self.log)
        yield from self._stored(intake.take([Statements(statements)]))
        if intake.problems:
            raise RemoteError(intake.problems[0].code, intake.problems[0].detail)

    def _key(self) -> SigningKey:
        return SigningKey.from_seed(self.membership.seed)

    def _stored(self, session: Session[T]) -> Session[T]:
        return stored(session, self.log, self._guard_incarnation)

    def _keep(self, peer: device.Peer) -> None:
        device.write_peer(self._database, self.membership.game_no, peer)

    def _guard_incarnation(self, batch: Batch) -> None:
        """Begin a new incarnation, durably and first, where a batch brings own events that are not held here."""
        for segment in batch.segments:
            key = segment.key
            if (key.public_key, key.incarnation) != (self.public_key, self.membership.incarnation):
                continue
            held = {event.id for event in self.log.find(segment.stream, segment.first_seq, segment.last_seq)}
            if not held.issuperset(segment.ids):
                fresh = random_bytes(16)
                device.begin_incarnation(self._database, self.membership.game_no, fresh)
                self.membership = msgspec.structs.replace(self.membership, incarnation=fresh)


def _unregistered(membership: device.Membership) -> Team:
    """The team as the join said, until a node registered it."""
    return Team(membership.team, membership.team_number, membership.team_name)


__all__ = ["Accepted", "Refused", "Replica", "ReplicaError", "Report", "Status", "Transport", "Verdict"]

"""The bridge: the calls of a user interface as bytes, for a web worker and a kiosk's page.

    call(name, request)     bytes of the struct that the table names; answered by a step
    resume(ticket, answer)  goes on with a call that asked for something

A step is `Done` with the answer's bytes, `Failed` with a code, or `Asked`:
signatures, verdicts on signatures and requests over the network come by
promise in a browser, so a call that needs one stops there and is fed the result
later. Any other call may be made meanwhile: a session never blocks play.

What always holds: a call that answered `Done` is durable; one that is never
resumed has lost nothing but itself. One session at a time: a second one
answers `busy`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from client_core import calls, members, views
from client_core.calls import Asked, Done, Failed, Opened, Outcome, Position, Step
from client_core.checkpoint_views import Told
from client_core.clock import Clock, WallClock
from client_core.game.actions import (
    ActionError,
    Answer,
    ChallengeOpened,
    Consented,
    HintTaken,
    MessageRead,
    Retired,
    Said,
    Sos,
    accuracy_dm,
)
from client_core.game.checkpoints import Method
from client_core.game.content import PackageError
from client_core.game.entrants import PlaysFor
from client_core.game.fences import Fix
from client_core.game.joining import SYNC_MEDIA_TYPE, JoinRequest
from client_core.game.judging import reads
from client_core.game.nonces import read_nonce
from client_core.game.pictures import PictureFault
from client_core.game.text import TextFault
from client_core.game.unreadable import UNREADABLE
from client_core.game.verdicts import Accepted, Charged, Reason, Refused, Verdict
from client_core.membership import ReplicaError, chosen_of, put_game, statements_of
from client_core.photos import take_photo
from client_core.replica import Replica
from client_core.staying import Stays
from client_core.store.database import Database
from client_core.store.device import Key, latest_membership
from client_core.store.errors import StoreError
from client_core.transports.answers import Answer as HttpAnswer
from client_core.transports.answers import expect
from client_core.transports.blobs import Pace, sending_all
from client_core.transports.errors import TransportError
from client_core.transports.fetch import Fetch, Fetched, exchange, read
from client_core.transports.joining import asking_for_package, asking_to_join, game_address
from sync.effects import Exchange, Session, Sign, Verify
from sync.errors import FrameError, LocalError, RemoteError

WAITING_MAX = 16
"""Calls that wait for something; a page has two or three."""
REQUEST_BYTES_MAX = 64 * 1024 * 1024
"""A large bundle; a photo takes 4 MB at most."""

T = TypeVar("T")
Course = Generator[Sign | Verify | Fetch, Any, Any]
"""A call under way."""
_FAULTS = (
    *(StoreError, TransportError, RemoteError, PackageError, ReplicaError, TextFault, PictureFault),
    *(LocalError, FrameError),
)


class Waiting(NamedTuple):
    """A call that asked for something, and what."""

    course: Course
    asked: Sign | Verify | Fetch


class Bridge:
    """One store and the game in it. Not thread-safe; calls that wait may overlap.

    `exclusive` keeps the file locked, as a browser needs it (`Database.open`).
    """

    def __init__(self, path: str | Path, clock: Clock | None = None, *, exclusive: bool = False) -> None:
        self.path, self.clock, self.exclusive = path, clock or WallClock(), exclusive
        self._database: Database | None = None
        self._replica: Replica | None = None
        self._told = Told(self.clock.now_ms())
        self._stays: Stays | None = None
        self._waiting: dict[int, Waiting] = {}
        self._ticket = 0
        self._sessions = 0

    def close(self) -> None:
        """Close the store; what waits is given up."""
        self._waiting.clear()
        if self._database is not None:
            self._database.close()
        self._database = self._replica = None

    def call(self, name: str, request: bytes) -> bytes:
        """Make a call of the table; returns the bytes of a `Step`."""
        entry = CALLS.get(name)
        if entry is None:
            return _failed("call_unknown", f"there is no call {name[:60]!r}")
        try:
            if len(request) > REQUEST_BYTES_MAX:
                return _failed("request_malformed", f"{name}: more than {REQUEST_BYTES_MAX} bytes")
            asked = msgspec.msgpack.decode(request, type=entry.asked)
        except UNREADABLE as error:
            return _failed("request_malformed", f"{name}: {error}")
        return self._go(self._run(entry, asked), None)

    def resume(self, ticket: int, answer: bytes) -> bytes:
        """Go on with a call: 64 bytes of a signature, a list of booleans, or a `Fetched`, in MessagePack."""
        waiting = self._waiting.pop(ticket, None)
        if waiting is None:
            return _failed("ticket_unknown", f"no call waits under number {ticket}")
        course, asked = waiting
        try:
            value = _understood(asked, answer)
        except UNREADABLE as error:
            course.close()
            return _failed("request_malformed", f"the answer to {type(asked).__name__}: {error}")
        except TransportError as error:
            return self._go(course, error)
        return self._go(course, None, value)

    def replica(self) -> Replica:
        """The game that is open. Raises `ReplicaError` (`not_joined`)."""
        if self._replica is None:
            self._replica = Replica.of(self._store(), self.clock)
            self._told = Told(max(self.clock.now_ms(), self._told.version + 1))
            self._stays = None
        return self._replica

    def _store(self) -> Database:
        if self._database is None:
            self._database = Database.open(self.path, exclusive=self.exclusive)
        return self._database

    def _run(self, entry: Call, asked: msgspec.Struct) -> Course:
        """Every call as a course, so that all fail alike."""
        answer = entry.run(self, asked)
        if isinstance(answer, Generator):
            answer = yield from answer
        return answer

    def _go(self, course: Course, error: Exception | None, value: object = None) -> bytes:
        """Run a call to its end or to what it asks for next."""
        step: Step
        try:
            asked = course.throw(error) if error is not None else course.send(value)
        except StopIteration as stop:
            step = Done(msgspec.Raw(_ENCODER.encode(stop.value)))
        except _FAULTS as fault:
            detail = str(getattr(fault, "detail", "") or fault)
            step = Failed(fault.code, detail, getattr(fault, "retry_after_ms", 0))
        except (ValueError, ActionError) as fault:
            step = Failed("value_out_of_range", str(fault))
        else:
            if len(self._waiting) >= WAITING_MAX:
                course.close()
                return _failed("busy", f"{WAITING_MAX} calls wait already")
            self._ticket += 1
            self._waiting[self._ticket] = Waiting(course, asked)
            step = Asked(
                self._ticket,
                sign=asked if isinstance(asked, Sign) else None,
                verify=asked if isinstance(asked, Verify) else None,
                fetch=asked if isinstance(asked, Fetch) else None,
            )
        return _ENCODER.encode(step)

    # --- The calls ---

    def open(self, _: calls.Open) -> Opened:
        """What the store holds."""
        joined = latest_membership(self._store()) is not None
        return Opened(views.home(self.replica()) if joined else None)

    def join(self, asked: calls.Join) -> Course:
        """Join a game; a device that joined it before asks again and is answered the same."""
        address = game_address(asked.url)
        request = JoinRequest(code=asked.code, public_key=asked.public_key, team_name=asked.team_name)
        answer = yield from asking_to_join(address, request)
        package = yield from asking_for_package(address, answer.package_hash)
        chosen = chosen_of(answer.members, asked.members)
        put_game(self._store(), answer, package, Key(public_key=asked.public_key), self.clock)
        self._replica = None
        yield from _outward(self.replica().taking(statements_of(answer)))
        if chosen:
            self.replica().record(PlaysFor(self.clock.now_ms(), chosen))
        return Opened(views.home(self.replica()), answer.members)

    def play_for(self, asked: calls.PlayFor) -> calls.Nothing:
        """Say whose phone this is."""
        members.play_for(self.replica(), asked.members, at_ms=asked.at_ms)
        return calls.Nothing()

    def now(self, asked: calls.Now) -> calls.Standing:
        """How the game stands."""
        self._move(asked.fix)
        return views.standing(self.replica(), asked.fix, asked.at_ms, self._told, asked.checkpoints_known)

    def near(self, asked: calls.NearTo) -> calls.Distances:
        """How far everything is from a fix."""
        self._move(asked.fix)
        return views.distances(self.replica(), asked.fix, asked.at_ms)

    def explain(self, _: calls.Nothing) -> calls.Explained:
        """Why the score is what it is."""
        return views.explained(self.replica())

    def check_in(self, asked: calls.CheckInHere) -> Outcome:
        """Check in by position or by a typed code."""
        number, stays = self._known(asked.checkpoint), self._move(asked.fix)
        stayed_ms = stays.stayed_ms(number) if asked.code is None else None
        verdict = self.replica().check_in(
            number, at_ms=asked.at_ms, fix=_fix(asked.fix), code=asked.code, stayed_ms=stayed_ms
        )
        return self._outcome(verdict, asked.checkpoint, asked.fix)

    def scan(self, asked: calls.Scanned) -> Outcome:
        """Check in by what a QR code said, or take a kiosk's code of time; `wrong_code` where it is neither."""
        replica, text = self.replica(), asked.text.strip()
        candidates = (text, *text.replace("#", "/").replace("=", "/").rsplit("/", 1)[-1:])
        for number, place in enumerate(replica.rules.places):
            if place.methods & {int(Method.QR), int(Method.CODE)}:
                code = next((one for one in candidates if one and reads(place, one)), None)
                if code is not None:
                    qr = int(Method.QR) in place.methods
                    verdict = replica.check_in(number, at_ms=asked.at_ms, fix=_fix(asked.fix), code=code, qr=qr)
                    return self._outcome(verdict, number, asked.fix)
        if read_nonce(text) is not None:
            replica.take_nonce(text, at_ms=asked.at_ms)
            return self._outcome(Accepted(0), None, asked.fix)
        return self._outcome(Refused(Reason.WRONG_CODE), None, asked.fix, kept=False)

    def start(self, asked: calls.At) -> Outcome:
        """Start the team's time."""
        return self._outcome(self.replica().start(at_ms=asked.at_ms))

    def finish(self, asked: calls.At) -> Outcome:
        """Say that the team is done."""
        return self._outcome(self.replica().finish(at_ms=asked.at_ms))

    def retire(self, asked: calls.At) -> calls.Nothing:
        """Give up playing; the team is still out until somebody sees it back."""
        self.replica().record(Retired(asked.at_ms))
        return calls.Nothing()

    def open_challenge(self, asked: calls.OpenChallenge) -> Outcome:
        """The player reads a challenge."""
        return self._outcome(self.replica().act(ChallengeOpened(asked.at_ms, asked.challenge)))

    def answer(self, asked: calls.AnswerTo) -> Outcome:
        """Answer a challenge."""
        return self._outcome(self.replica().act(Answer(asked.at_ms, asked.challenge, asked.text, asked.secret)))

    def hint(self, asked: calls.HintOf) -> Outcome:
        """Take a hint."""
        return self._outcome(self.replica().act(HintTaken(asked.at_ms, asked.challenge, asked.hint)))

    def photo(self, asked: calls.PhotoFor) -> Outcome:
        """Answer a challenge with a picture."""
        return self._outcome(take_photo(self.replica(), asked.challenge, asked.content, at_ms=asked.at_ms))

    def say(self, asked: calls.Words) -> calls.Nothing:
        """Words to staff."""
        self.replica().record(Said(asked.at_ms, asked.text))
        return calls.Nothing()

    def report(self, asked: calls.ReportPhoto) -> calls.Nothing:
        """Report a photo: it is hidden wherever this arrives, until staff show it again."""
        self.replica().record(Said(asked.at_ms, asked.text, asked.photo))
        return calls.Nothing()

    def sos(self, asked: calls.CallForHelp) -> calls.Nothing:
        """Call for help: recorded here, known to nobody before the next session."""
        call = Sos(asked.at_ms, asked.text, battery_percent=asked.battery_percent)
        if asked.fix is not None:
            fix = asked.fix
            where = {"lon_e7": fix.lon_e7, "lat_e7": fix.lat_e7, "accuracy_dm": accuracy_dm(fix.accuracy_mm)}
            call = msgspec.structs.replace(call, **where, fix_at_ms=fix.at_ms)
        self.replica().record(call)
        return calls.Nothing()

    def consent(self, asked: calls.Consent) -> calls.Nothing:
        """A briefing was accepted."""
        self.replica().record(Consented(asked.at_ms, asked.version, guardian=asked.guardian))
        return calls.Nothing()

    def read_message(self, asked: calls.ReadMessage) -> calls.Nothing:
        """A message was shown."""
        self.replica().record(MessageRead(asked.at_ms, asked.message))
        return calls.Nothing()

    def sync(self, asked: calls.SyncWith) -> Course:
        """One session with one node."""
        url = asked.url or next(iter(self.replica().upstreams()), "")
        if not url:
            raise ReplicaError("not_joined", "no upstream is known: join at a node")
        if self._sessions:
            raise TransportError("busy", "a session is under way")
        self._sessions += 1
        try:
            report = yield from _outward(self.replica().syncing(url), url)
        finally:
            self._sessions -= 1
        problem = report.problems[0].code if report.problems and not report.converged else ""
        return calls.Synced(url, report.converged, report.sent, report.received, report.retry_after_ms, problem)

    def send_photos(self, asked: calls.SyncWith) -> Course:
        """Send the photos that a node lacks; gives way to the next event."""
        replica = self.replica()
        url = asked.url or next(iter(replica.upstreams()), "")
        waiting = replica.counts().unsent
        whole = yield from sending_all(url, replica.blobs, lambda: replica.counts().unsent > waiting, Pace())
        return calls.PhotosSent(whole, len(replica.blobs.names()))

    def export(self, _: calls.Nothing) -> Course:
        """All that is held as a bundle, own events signed."""
        content = yield from _outward(self.replica().exporting())
        return calls.BundleBytes(content)

    def import_(self, asked: calls.BundleBytes) -> Course:
        """Take in a bundle."""
        report = yield from _outward(self.replica().importing(asked.content))
        return calls.Imported(report.whole, report.received, report.duplicates)

    def _move(self, position: Position | None) -> Stays:
        """The stays of this phone, the position that it is told of taken in."""
        fix, rules = _fix(position), self.replica().rules
        if self._stays is None:
            self._stays = Stays(rules)
        if fix is not None:
            self._stays.move(fix)
        return self._stays

    def _known(self, number: int) -> int:
        if number >= len(self.replica().package.checkpoints):
            raise ReplicaError("unknown_checkpoint", f"this game has no checkpoint number {number}")
        return number

    def _outcome(
        self,
        verdict: Verdict,
        checkpoint: int | None = None,
        fix: Position | None = None,
        *,
        kept: bool | None = None,
    ) -> Outcome:
        kept = Replica.records(verdict) if kept is None else kept
        accuracy_mm = fix.accuracy_mm if fix is not None else None
        if isinstance(verdict, Accepted):
            return Outcome("accepted", verdict.points, "", (), kept, checkpoint, accuracy_mm)
        name: calls.Named = "charged" if isinstance(verdict, Charged) else "refused"
        points = verdict.points if isinstance(verdict, Charged) else 0
        return Outcome(name, points, verdict.reason, verdict.values, kept, checkpoint, accuracy_mm)


class Call(NamedTuple):
    """A row of the table: what a call is asked with, what it answers, and what runs it, at once or as a course."""

    asked: type[msgspec.Struct]
    answered: type[msgspec.Struct]
    run: Callable[[Bridge, Any], object]


CALLS: dict[str, Call] = {
    "open": Call(calls.Open, Opened, Bridge.open),
    "join": Call(calls.Join, Opened, Bridge.join),
    "play_for": Call(calls.PlayFor, calls.Nothing, Bridge.play_for),
    "now": Call(calls.Now, calls.Standing, Bridge.now),
    "near": Call(calls.NearTo, calls.Distances, Bridge.near),
    "explain": Call(calls.Nothing, calls.Explained, Bridge.explain),
    "check_in": Call(calls.CheckInHere, Outcome, Bridge.check_in),
    "scan": Call(calls.Scanned, Outcome, Bridge.scan),
    "start": Call(calls.At, Outcome, Bridge.start),
    "finish": Call(calls.At, Outcome, Bridge.finish),
    "retire": Call(calls.At, calls.Nothing, Bridge.retire),
    "open_challenge": Call(calls.OpenChallenge, Outcome, Bridge.open_challenge),
    "answer": Call(calls.AnswerTo, Outcome, Bridge.answer),
    "hint": Call(calls.HintOf, Outcome, Bridge.hint),
    "photo": Call(calls.PhotoFor, Outcome, Bridge.photo),
    "say": Call(calls.Words, calls.Nothing, Bridge.say),
    "report": Call(calls.ReportPhoto, calls.Nothing, Bridge.report),
    "sos": Call(calls.CallForHelp, calls.Nothing, Bridge.sos),
    "consent": Call(calls.Consent, calls.Nothing, Bridge.consent),
    "read_message": Call(calls.ReadMessage, calls.Nothing, Bridge.read_message),
    "sync": Call(calls.SyncWith, calls.Synced, Bridge.sync),
    "send_photos": Call(calls.SyncWith, calls.PhotosSent, Bridge.send_photos),
    "export": Call(calls.Nothing, calls.BundleBytes, Bridge.export),
    "import": Call(calls.BundleBytes, calls.Imported, Bridge.import_),
}
"""Every call there is."""

_ENCODER = msgspec.msgpack.Encoder()


def _failed(code: str, detail: str) -> bytes:
    return _ENCODER.encode(Failed(code, detail))


def _fix(position: Position | None) -> Fix | None:
    return None if position is None else Fix(*msgspec.structs.astuple(position))


def _understood(asked: Sign | Verify | Fetch, answer: bytes) -> object:
    """What an answer says; raises msgspec's errors, and `TransportError` for a request that failed."""
    if isinstance(asked, Sign):
        return msgspec.msgpack.decode(answer, type=calls.Signature)
    if isinstance(asked, Verify):
        good = msgspec.msgpack.decode(answer, type=tuple[bool, ...])
        if len(good) != len(asked.checks):
            raise msgspec.ValidationError(f"{len(good)} verdicts on {len(asked.checks)} signatures")
        return good
    return read(asked, msgspec.msgpack.decode(answer, type=Fetched))


def _outward(session: Session[T], url: str = "") -> Generator[Sign | Verify | Fetch, Any, T]:
    """A session whose exchanges are requests to the node at its sync address."""
    try:
        effect = next(session)
        while True:
            asked = exchange(url, effect.body) if isinstance(effect, Exchange) else effect
            assert isinstance(asked, Sign | Verify | Fetch)
            try:
                value = yield asked
                if isinstance(asked, Fetch):
                    value = _sync_body(value, url)
            except TransportError as error:
                effect = session.throw(error)
            else:
                effect = session.send(value)
    except StopIteration as stop:
        found: T = stop.value
        return found


def _sync_body(answer: HttpAnswer, url: str) -> bytes:
    return expect(answer, SYNC_MEDIA_TYPE, url).body

"""The device on a command line: joins, plays, replays, syncs and shows how safe its events are.

Answers go to stdout, one a line; errors to stderr as `wayfold: CODE: sentence`.

    exit code   meaning
    0           done
    2           the command line is not understood
    3           refused in play: nothing wrong with the device
    4           the store's file cannot be used
    5           no node was reached, or it refused
    6           an input file is unusable
    7           this file has joined no game
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import msgspec

from client_core.clock import Clock, ScaledClock, SteppedClock, WallClock
from client_core.game.actions import ActionError, Answer, MessageRead, Retired, Said, Sos, accuracy_dm
from client_core.game.content import PackageError
from client_core.game.explaining import refusal
from client_core.game.fences import Fix
from client_core.game.text import TextFault
from client_core.game.verdicts import Accepted, Reason, Refused, Verdict
from client_core.gpx import GpxError, read_track
from client_core.joining_commands import add_joining
from client_core.replay import ACCURACY_MM, Replay, ReplayPlan
from client_core.replica import Replica, ReplicaError
from client_core.store.errors import StoreError
from client_core.transports.errors import TransportError
from client_core.transports.http import TIMEOUT_S, HttpTransport
from client_core.transports.link import RecordedLink, read_link
from sync.errors import FrameError, RemoteError

REFUSED, STORE, NETWORK, INPUT, NOT_JOINED = 3, 4, 5, 6, 7
DEFAULT_STORE = "wayfold.db"
_FILE_CODES = ("file_missing", "file_unreadable", "file_unwritable", "file_too_big")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    # Ended by whoever started it: leave by the usual way, so that the file is closed.
    signal.signal(signal.SIGTERM, _terminated)
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (StoreError, TransportError, RemoteError, GpxError, PackageError, ReplicaError, TextFault) as error:
        print(f"wayfold: {error.code}: {_sentence(error)}", file=sys.stderr)
        return _exit_code(error)
    except (ValueError, ActionError) as error:
        print(f"wayfold: value_out_of_range: {error}", file=sys.stderr)
        return REFUSED
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print("wayfold: stopped; everything acknowledged is in the file", file=sys.stderr)
        return 130
    return code


def _terminated(*_: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _sentence(error: Exception) -> str:
    return str(getattr(error, "detail", "") or error) if isinstance(error, RemoteError) else str(error)


def _exit_code(error: Exception) -> int:
    if isinstance(error, StoreError):
        return STORE
    if isinstance(error, ReplicaError) and error.code == "not_joined":
        return NOT_JOINED
    if isinstance(error, ReplicaError | TextFault):
        return REFUSED
    bundle = isinstance(error, FrameError) or (isinstance(error, RemoteError) and error.code == "wrong_game")
    if isinstance(error, GpxError) or bundle or getattr(error, "code", "") in _FILE_CODES:
        return INPUT
    return NETWORK


def _check_in(options: argparse.Namespace) -> int:
    at_ms = _at(options)
    with Replica.open(options.store) as replica:
        number = replica.number_of(options.checkpoint)
        fix = None
        if options.lat is not None and options.lon is not None:
            accuracy_mm = round(options.accuracy * 1000) if options.accuracy is not None else None
            fix = Fix(round(options.lon * 1e7), round(options.lat * 1e7), accuracy_mm, at_ms)
        verdict = replica.check_in(number, at_ms=at_ms, fix=fix, code=options.code, qr=options.qr)
        return _answer(replica, verdict, f"checked in at {options.checkpoint}", number)


def _reply(options: argparse.Namespace) -> int:
    """Answer a challenge; what a device cannot judge waits for staff."""
    at_ms = _at(options)
    with Replica.open(options.store) as replica:
        codes = [one.code for one in replica.package.challenges]
        if options.challenge not in codes:
            raise ReplicaError("unknown_challenge", f"this game has no challenge {options.challenge!r}")
        number = codes.index(options.challenge)
        verdict = replica.act(Answer(at_ms, number, options.text, options.secret))
        if isinstance(verdict, Refused) and verdict.reason is Reason.AWAITS_JUDGING:
            print("recorded; this device cannot judge it, the answer comes from elsewhere")
            return 0
        return _answer(replica, verdict, f"answered {options.challenge}")


def _start(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        at_ms = _at(options)
        return _answer(replica, replica.start(at_ms=at_ms), "started")


def _finish(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        at_ms = _at(options)
        return _answer(replica, replica.finish(at_ms=at_ms), "finished")


def _sos(options: argparse.Namespace) -> int:
    """Call for help; says plainly that nobody knows before it was sent."""
    at_ms = _at(options)
    with Replica.open(options.store) as replica:
        call = Sos(at_ms, options.text, battery_percent=options.battery)
        if options.lat is not None and options.lon is not None:
            dm = accuracy_dm(round(options.accuracy * 1000)) if options.accuracy is not None else None
            where = {"lon_e7": round(options.lon * 1e7), "lat_e7": round(options.lat * 1e7), "accuracy_dm": dm}
            call = msgspec.structs.replace(call, **where, fix_at_ms=at_ms)
        replica.record(call)
        print(f"emergency number: {replica.package.emergency_number}")
        if call.lat_e7 is not None:
            print(f"you are at {options.lat:.5f}, {options.lon:.5f}")
        print("recorded; NOT SENT YET: staff know nothing before this device has synced")
    return 0


def _say(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        replica.record(Said(_at(options), options.text))
        print("recorded; staff read it after the next sync")
    return 0


def _report(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        replica.record(Said(_at(options), options.text, options.photo))
        print("recorded; the photo is hidden after the next sync, until staff show it again")
    return 0


def _nonce(options: argparse.Namespace) -> int:
    """Take a kiosk's code of time; says how this device's clock stands beside it."""
    at_ms = _at(options)
    with Replica.open(options.store) as replica:
        shown_ms = replica.take_nonce(options.code, at_ms=at_ms)
    if shown_ms is None:
        print("kept; it counts once this device has heard of that kiosk")
    else:
        print(f"kept; shown by the kiosk at {_clock(shown_ms)}, taken at {_clock(at_ms)} by this device's clock")
    return 0


def _retire(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        replica.record(Retired(_at(options)))
        print("retired; you count as out until staff have seen you: come to the finish or call")
    return 0


def _messages(options: argparse.Namespace) -> int:
    """What staff wrote; what is shown counts as read."""
    with Replica.open(options.store) as replica:
        for alarm in replica.alarms():
            seen = "; ".join(one.note or "seen" for one in alarm.seen)
            print(f"SOS {_clock(alarm.sos.at_ms)}: {seen or 'not seen by staff yet'}")
        for notice in replica.notices():
            urgent = "URGENT " if notice.message.urgent else ""
            print(f"{_clock(notice.message.at_ms)} {urgent}{notice.message.text}")
            if replica.membership.team not in notice.read_by:
                replica.record(MessageRead(WallClock().now_ms(), notice.id))
    return 0


def _at(options: argparse.Namespace) -> int:
    """The time a command says, or now."""
    return options.at if options.at is not None else WallClock().now_ms()


def _clock(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M}"


def _answer(replica: Replica, verdict: Verdict, done: str, checkpoint: int | None = None) -> int:
    if isinstance(verdict, Accepted):
        print(f"{done}: {verdict.points} points, score {replica.result().score}")
        return 0
    kept = "; kept for the staff to see" if replica.records(verdict) else ""
    print(f"refused: {verdict.reason}: {refusal(replica.rules, checkpoint, verdict)}{kept}", file=sys.stderr)
    return REFUSED


def _replay(options: argparse.Namespace) -> int:
    fixes = read_track(Path(options.track))
    clock = _replay_clock(options, fixes[0].at_ms)
    link = None
    if options.link is not None:
        began_ms = options.epoch if options.epoch is not None else fixes[0].at_ms
        link = RecordedLink(read_link(Path(options.link)), clock, began_ms - round(options.link_offset * 1000))
    plan = ReplayPlan(
        sync_every_ms=round(options.sync_every * 1000),
        until_ms=options.until or 0,
        upstreams=tuple(options.upstream),
        accuracy_mm=round(options.accuracy * 1000) if options.accuracy is not None else ACCURACY_MM,
        timeout_s=options.timeout,
    )
    tell = _tell_json if options.events == "json" else _tell_text
    with Replica.open(options.store, clock) as replica:
        Replay(replica, clock, plan, tell, link).run(fixes)
    return 0


def _replay_clock(options: argparse.Namespace, first_ms: int) -> Clock:
    epoch_ms: int = options.epoch if options.epoch is not None else first_ms
    if not options.speed:
        return SteppedClock(epoch_ms)
    started_at_ms = options.started_at_ms if options.started_at_ms is not None else WallClock().now_ms()
    return ScaledClock(epoch_ms, started_at_ms, options.speed)


def _tell_json(facts: Mapping[str, object]) -> None:
    print(msgspec.json.encode(facts).decode(), flush=True)


def _tell_text(facts: Mapping[str, object]) -> None:
    """What a person wants to see of a replay."""
    event = facts["event"]
    at_ms = facts["at_ms"]
    clock = f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S}" if isinstance(at_ms, int) else ""
    if event == "check_in":
        print(f"{clock}  {facts['checkpoint']}: {facts['verdict']}, {facts['points']} points", flush=True)
    elif event == "progress":
        print(f"{clock}  {facts['fixes_done']} of {facts['fixes']} fixes", flush=True)
    elif event == "sync":
        print(f"{clock}  synced with {facts['url']}: {facts['sent']} sent, {facts['received']} received", flush=True)
    elif event == "sync_failed":
        print(f"{clock}  not synced ({facts['code']}): {facts['detail']}", flush=True)
    elif event == "done":
        safe = f"{facts['safe']} safe, {facts['in_custody']} in custody, {facts['unsent']} unsent"
        print(f"{clock}  score {facts['score']}; {facts['events']} events: {safe}", flush=True)


def _sync(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        urls = options.upstream or replica.upstreams()
        if not urls:
            raise ReplicaError("not_joined", "no upstream is known: join at a node, or name one with --upstream")
        report = replica.sync_once(*(HttpTransport(url, timeout_s=options.timeout) for url in urls))
        counts = replica.counts()
    print(f"{report.sent} sent, {report.received} received in {report.rounds} rounds")
    print(f"{counts.safe} safe, {counts.in_custody} in custody, {counts.unsent} unsent")
    for problem in report.problems:
        print(f"wayfold: {problem.code}: {problem.detail}", file=sys.stderr)
    if not report.converged:
        print("wayfold: not_converged: not everything could be exchanged; sync again", file=sys.stderr)
    return 0 if report.converged else NETWORK


def _status(options: argparse.Namespace) -> int:
    with Replica.open(options.store) as replica:
        status, result, mine = replica.status(), replica.result(), replica.membership
        known: dict[str, object] = {
            "game": {"id": mine.game.hex(), "tenant": mine.tenant.hex(), "name": replica.package.name},
            "team": {"id": mine.team.hex(), "number": mine.team_number, "name": mine.team_name},
            "device": replica.public_key.hex(),
            "score": result.score,
            "points": result.points,
            "penalties": result.penalties,
            "status": str(result.status),
            "visited": [replica.checkpoint(number).code for number in result.visited],
            "digest": replica.digest().hex(),
            **msgspec.to_builtins(status),
        }
    if options.json:
        print(msgspec.json.encode(known).decode())
        return 0
    print(f"{replica.package.name}: team {mine.team_number} {mine.team_name}, score {result.score} ({result.status})")
    print(f"{status.safe} safe, {status.in_custody} in custody, {status.unsent} unsent")
    for failure in status.failures:
        print(f"failed: {failure.url}: {failure.code}: {failure.detail}")
    for flag in status.flags:
        print(f"look at: {flag}")
    if status.forked:
        print("look at: two copies of this device have written; both are kept")
    return 0


def _bundle(options: argparse.Namespace) -> int:
    path = Path(options.file)
    with Replica.open(options.store) as replica:
        if options.direction == "export":
            print(f"wrote {replica.export_bundle(path)} bytes to {path}")
            return 0
        report = replica.import_bundle(path)
    print(f"{report.received} events new, {report.duplicates} known, {report.statements_received} statements new")
    for problem in report.problems:
        print(f"wayfold: {problem.code}: {problem.detail}", file=sys.stderr)
    return 0 if report.whole else INPUT


def _moment(text: str) -> int:
    """ISO 8601 (UTC where no zone is said) or milliseconds since the epoch."""
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is neither ISO 8601 nor milliseconds") from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _photo(text: str) -> bytes:
    if len(text) == 64 and all(letter in "0123456789abcdef" for letter in text.lower()):
        return bytes.fromhex(text)
    raise argparse.ArgumentTypeError(f"{text[:80]!r} is no id of a photo: the gallery shows 64 letters and digits")


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--store", metavar="FILE", default=DEFAULT_STORE, help=f"the device's file ({DEFAULT_STORE})")
    reaching = argparse.ArgumentParser(add_help=False)
    reaching.add_argument("--upstream", metavar="URL", action="append", default=[], help="instead of the known ones")
    reaching.add_argument("--timeout", metavar="S", type=float, default=TIMEOUT_S, help="seconds for one exchange")
    timed = argparse.ArgumentParser(add_help=False)
    timed.add_argument("--at", type=_moment, metavar="TIME", help="ISO 8601 or ms since the epoch; default now")
    parser = argparse.ArgumentParser(prog="python -m client_core", description="A Wayfold device without a screen.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add_joining(commands, shared, timed)
    check_in = commands.add_parser("check-in", parents=[shared, timed], help="check in at a checkpoint")
    check_in.add_argument("checkpoint", help="the checkpoint's code")
    check_in.add_argument("--lat", type=float)
    check_in.add_argument("--lon", type=float)
    check_in.add_argument("--accuracy", type=float, metavar="M", help="the fix's radius at 95 %%, metres")
    check_in.add_argument("--code", help="what stands at the checkpoint")
    check_in.add_argument("--qr", action="store_true", help="the code was scanned")
    check_in.set_defaults(run=_check_in)
    _add_reply(commands.add_parser("answer", parents=[shared, timed], help="answer a challenge"))
    commands.add_parser("start", parents=[shared, timed], help="start the team's time").set_defaults(run=_start)
    commands.add_parser("finish", parents=[shared, timed], help="finish the team's game").set_defaults(run=_finish)

    sos = commands.add_parser("sos", parents=[shared, timed], help="call for help")
    sos.add_argument("text", nargs="?", default="", help="what happened")
    sos.add_argument("--lat", type=float)
    sos.add_argument("--lon", type=float)
    sos.add_argument("--accuracy", type=float, metavar="M", help="the fix's radius at 95 %%, metres")
    sos.add_argument("--battery", type=int, metavar="PERCENT")
    sos.set_defaults(run=_sos)
    say = commands.add_parser("say", parents=[shared, timed], help="say something to staff")
    say.add_argument("text")
    say.set_defaults(run=_say)
    report = commands.add_parser("report", parents=[shared, timed], help="report a photo of the gallery: it is hidden")
    report.add_argument("photo", type=_photo, help="its id in the gallery")
    report.add_argument("text", nargs="?", default="", help="why")
    report.set_defaults(run=_report)
    nonce = commands.add_parser("nonce", parents=[shared, timed], help="take the code of time that a kiosk shows")
    nonce.add_argument("code", help="its twenty letters, as scanned or typed")
    nonce.set_defaults(run=_nonce)
    commands.add_parser("retire", parents=[shared, timed], help="give up playing").set_defaults(run=_retire)
    commands.add_parser("messages", parents=[shared], help="what staff wrote").set_defaults(run=_messages)

    _add_replay(commands.add_parser("replay", parents=[shared, reaching], help="walk a recorded track"))
    commands.add_parser("sync", parents=[shared, reaching], help="one session").set_defaults(run=_sync)
    status = commands.add_parser("status", parents=[shared], help="score, and who else holds the events")
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=_status)
    bundle = commands.add_parser("bundle", parents=[shared], help="carry events in a file")
    bundle.add_argument("direction", choices=("export", "import"))
    bundle.add_argument("file")
    bundle.set_defaults(run=_bundle)
    return parser


def _add_reply(reply: argparse.ArgumentParser) -> None:
    reply.add_argument("challenge", help="the challenge's code")
    reply.add_argument("text", help="the answer; what is to be ordered, in lines")
    reply.add_argument("--secret", help="what the checkpoint's QR code says, where the challenge is sealed")
    reply.set_defaults(run=_reply)


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("track", help="a GPX file")
    replay.add_argument("--speed", type=float, default=0.0, help="times as fast as it was; 0 waits for nothing")
    replay.add_argument("--epoch", type=_moment, metavar="TIME", help="what the clock reads at its start; first fix")
    replay.add_argument("--started-at-ms", type=int, metavar="MS", help="the wall's time at the clock's start; now")
    replay.add_argument("--accuracy", type=float, metavar="M", help="of fixes that do not say theirs")
    replay.add_argument("--link", metavar="FILE", help="a recorded mobile link, looped from the epoch on")
    replay.add_argument("--link-offset", type=float, default=0.0, metavar="S", help="how far into it the epoch is")
    replay.add_argument("--sync-every", type=float, default=0.0, metavar="S", help="of the clock; 0 never syncs")
    replay.add_argument("--until", type=_moment, metavar="TIME", help="go on syncing until then, or all is safe")
    replay.add_argument("--events", choices=("text", "json"), default="text", help="how to tell what happens")
    replay.set_defaults(run=_replay)

"""Bundles: the session's own frames in a file, for nodes that never meet on a network.

    bytes  field
    18     "WAYFOLD-BUNDLE-1" and a line break (13, 10)
    ...    frames: Hello, then Statements, Data and Receipts, last an End

The line break shows when a file went through a text conversion. The End counts
the frames and hashes them, so a cut file is told from a whole one; what stood
before the cut is taken in all the same, because every run proves itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from sync.batch import Batch
from sync.compare import serve
from sync.digest import BUNDLE, digest
from sync.effects import Append, Session
from sync.errors import FrameError, RemoteError
from sync.frame import decode_frame, encode_frame, split_frames
from sync.intake import Intake, Quota
from sync.limits import PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN, RECEIPTS_IN_FRAME_MAX
from sync.log import EventLog
from sync.messages import End, Hello, Message, Problem, Receipts, Wanted
from sync.packing import pack_data, pack_statements
from sync.placement import BUSY, DUPLICATE, HELD
from sync.responder import problem_of
from sync.runs import sign_tails
from sync.stream import ALL, GameKey, Scope
from sync.transitions import State, step

MAGIC = b"WAYFOLD-BUNDLE-1\r\n"
_NO_LIMIT = 2**62
_PROBLEMS_MAX = 100
"""Told of one bundle: enough to see what is wrong, and a file of nothing but faults fills no memory."""


class BundleReport(msgspec.Struct):
    """What an import took in: events and statements that were new, frames refused, and whether it was whole.

    `held` are those of the new events whose key is not enrolled, as far as is
    known here; `left` counts what was not taken: outside the scope, or beyond
    what strangers may bring.
    """

    whole: bool = False
    received: int = 0
    held: int = 0
    left: int = 0
    duplicates: int = 0
    statements_received: int = 0
    problems: list[Problem] = msgspec.field(default_factory=list)


def export_bundle(log: EventLog, node: bytes, scope: Scope) -> Session[bytes]:
    """Everything signed that a log holds of a scope, this node's own tail included, as a file's bytes."""
    tails = yield from sign_tails(log, node)
    if tails:
        yield Append(Batch(signatures=tails))
    frames = [encode_frame(message) for message in _messages(log, node, scope)]
    body = b"".join(frames)
    return MAGIC + body + encode_frame(End(len(frames), digest(BUNDLE, body)))


def _messages(log: EventLog, node: bytes, scope: Scope) -> Iterator[Message]:
    game = log.index.game
    versions = (PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX)
    yield Hello(versions, node, game.tenant, game.game, scope)
    ids = log.index.summary.ids(scope)
    found = (log.statement(identity) for identity in ids if identity in log.index.statement_audiences)
    yield from pack_statements([statement for statement in found if statement is not None])
    streams = [identity for identity in ids if identity in log.index.streams]
    runs = (run for stream in streams for run in serve(log, Wanted(stream, ())))
    yield from pack_data(runs, _NO_LIMIT)
    receipts = log.receipts(streams)
    for i in range(0, len(receipts), RECEIPTS_IN_FRAME_MAX):
        yield Receipts(tuple(receipts[i : i + RECEIPTS_IN_FRAME_MAX]))


def bundle_game(data: bytes) -> GameKey:
    """The game a bundle belongs to.

    Raises `FrameError` (`not_a_bundle`) where it is none, `RemoteError`
    (`version`) where it was made for versions this node does not speak.
    """
    for message in _read(data, []):
        if not isinstance(message, Hello):
            break
        low, high = message.versions
        if low > PROTOCOL_VERSION_MAX or high < PROTOCOL_VERSION_MIN:
            raise RemoteError("version", f"the bundle speaks protocol versions {low} to {high}")
        return GameKey(message.tenant, message.game)
    raise FrameError("not_a_bundle", "the file does not open with a bundle's greeting")


def import_bundle(
    data: bytes,
    log: EventLog,
    scope: Scope = ALL,
    *,
    quota: Quota | None = None,
    frames_max: int = _NO_LIMIT,
) -> Session[BundleReport]:
    """Take in what a bundle holds of a scope, frame by frame; a damaged frame is named and the others still count.

    `quota` bounds what it brings of streams that are not enrolled,
    `frames_max` how much of it is read. Raises `FrameError` (`not_a_bundle`) or
    `RemoteError` (`wrong_game`, `version`) before anything is stored.
    """
    if bundle_game(data) != log.index.game:
        raise RemoteError("wrong_game", "the bundle belongs to another tenant or game")
    report = BundleReport()
    for message in _read(data, report.problems, frames_max):
        if isinstance(message, End):
            body = data[len(MAGIC) : len(data) - len(encode_frame(message))]
            report.whole = message.hashed == digest(BUNDLE, body)
        elif not isinstance(message, Hello):
            intake = Intake(log, quota, scope)
            yield from intake.take([message])
            _count(report, intake)
    if not report.whole:
        report.problems.append(Problem("bundle_cut", "the file ends early or was changed; what was sound is stored"))
    return report


def _count(report: BundleReport, intake: Intake) -> None:
    for _, _, spans in intake.verdicts:
        for count, verdict in spans:
            report.duplicates += count if verdict == DUPLICATE else 0
            report.held += count if verdict == HELD else 0
            report.left += count if verdict == BUSY else 0
    report.received += intake.stored
    report.statements_received += intake.statements_stored
    report.problems += intake.problems[: max(0, _PROBLEMS_MAX - len(report.problems))]


def _read(data: bytes, problems: list[Problem], frames_max: int = _NO_LIMIT) -> Iterator[Message]:
    """The sound messages of a bundle; the rest are noted as problems, not more than can be told."""
    if not data.startswith(MAGIC):
        raise FrameError("not_a_bundle", "the file is not a Wayfold bundle, or was converted as text")
    state = State.EXPECT_BUNDLE_HELLO
    frames = split_frames(data[len(MAGIC) :], bytes_max=_NO_LIMIT, frames_max=frames_max)
    while True:
        try:
            frame = next(frames)
            message = decode_frame(frame)
            state = step(state, message)
        except StopIteration:
            return
        except FrameError as error:
            if len(problems) < _PROBLEMS_MAX:
                problems.append(problem_of(error))
            continue  # a cut inside a frame ends the generator: the next turn stops
        except RemoteError as error:
            problems.append(problem_of(error))
            return
        yield message

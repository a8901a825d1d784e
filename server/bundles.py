"""Bundles at a node: a file from somebody without a network, and a file for a node without one.

Taking one in is the same as being pushed to in a session: every run proves
itself, so nobody needs a permission, and strangers share their quota. Giving
one out is reading everything, so only whoever has the node's files does that
(`wayfold bundle export`); over HTTP a session is the way, with the reader's key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from client_core.signing import verify
from server.db.event_log import GameLog
from server.open_game import OpenGame
from server.own_stream import renewed
from server.problems import Problem
from server.witnessing import witness_now
from sync.batch import Batch, Outcome
from sync.bundle import BundleReport, bundle_game, export_bundle, import_bundle
from sync.ed25519 import SignatureCheck
from sync.effects import Append, Effect, Sign, Verify, run
from sync.errors import RemoteError
from sync.intake import Quota
from sync.stream import ALL

FRAMES_MAX = 16_384
"""Of a bundle that comes over HTTP: at 16 MiB a kilobyte each; bounds what one upload can ask for."""


class BundleTaken(msgspec.Struct, frozen=True):
    """What came of a bundle. `game` is its id in hex.

    `received` counts events that were new, `held` those of them whose device is
    not enrolled here yet: they count once it is. `left` were not taken: they are
    beyond what strangers may bring here (import the file at the node's own
    machine, or once the device is known). `whole` says that the file was
    neither cut nor changed; what was sound in it is stored in any case, and
    `problems` (`CODE: sentence`) say what was not.
    """

    game: str
    whole: bool
    received: int
    held: int
    left: int
    duplicates: int
    statements_received: int
    problems: tuple[str, ...]


def game_of(data: bytes) -> tuple[bytes, str]:
    """A bundle's tenant, and its game's id in hex; raises `Problem`: `not_a_bundle`, `protocol_unsupported`."""
    try:
        game = bundle_game(data)
    except RemoteError as error:
        raise _problem(error) from error
    return game.tenant, game.game.hex()


def take_bundle(game: OpenGame, data: bytes, now_ms: int) -> BundleTaken:
    """Take a bundle into a game's log, for a command of whoever runs the node: no quota, at once.

    What grew by it is witnessed at `now_ms`, by the node's clock. Raises
    `Problem` with nothing stored, and `sqlite3.Error`.
    """
    log, own = game.log, game.key.public_key

    def answer(effect: Effect) -> object:
        if isinstance(effect, Verify):
            return _verify(effect.checks)
        assert isinstance(effect, Append), "taking in a bundle asks for nothing else"
        return log.append(renewed(log, own, effect.batch))

    before = dict(log.index.streams)
    try:
        taken = _taken(log, run(import_bundle(data, log), answer))
    except RemoteError as error:
        raise _problem(error) from error
    grown = [stream for stream, state in log.index.streams.items() if before.get(stream) != state]
    witness_now(game, grown, now_ms)
    return taken


async def receive_bundle(
    game: OpenGame, data: bytes, append: Callable[[Batch], Awaitable[Outcome]], quota: Quota
) -> BundleTaken:
    """Take in a bundle that somebody sent over HTTP; signatures are checked beside the event loop. Raises `Problem`."""
    session = import_bundle(data, game.log, quota=quota, frames_max=FRAMES_MAX)
    try:
        effect = next(session)
        while True:
            if isinstance(effect, Verify):
                answer: object = await asyncio.to_thread(_verify, effect.checks)
            else:
                assert isinstance(effect, Append), "taking in a bundle asks for nothing else"
                answer = await append(effect.batch)
            effect = session.send(answer)
    except RemoteError as error:
        raise _problem(error) from error
    except StopIteration as stop:
        return _taken(game.log, stop.value)


def give_bundle(game: OpenGame) -> bytes:
    """Everything this node holds of a game, as a bundle's bytes."""

    def answer(effect: Effect) -> object:
        if isinstance(effect, Sign):
            return game.key.sign(effect.message)
        assert isinstance(effect, Append), "making a bundle asks for nothing else"
        return game.log.append(effect.batch)

    return run(export_bundle(game.log, game.key.public_key, ALL), answer)


def _verify(checks: tuple[SignatureCheck, ...]) -> tuple[bool, ...]:
    return tuple(verify(c.public_key, c.message, c.signature) for c in checks)


def _taken(log: GameLog, report: BundleReport) -> BundleTaken:
    return BundleTaken(
        log.game.game.hex(),
        report.whole,
        report.received,
        report.held,
        report.left,
        report.duplicates,
        report.statements_received,
        tuple(f"{problem.code}: {problem.detail}" for problem in report.problems),
    )


def _problem(error: RemoteError) -> Problem:
    codes = {"not_a_bundle": "not_a_bundle", "wrong_game": "bundle_elsewhere", "version": "protocol_unsupported"}
    return Problem(codes[error.code], error.detail)

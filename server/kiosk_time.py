"""A kiosk's codes of time: which one this node shows now, and the chain it belongs to (`client_core.game.nonces`).

A chain's codes follow from the node's key and from when the chain began, so
nothing is kept beside the log: after a restart, or from another program of the
same node, the same codes come.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

import msgspec

from client_core.game.actions import decode_action
from client_core.game.nonces import NONCES_MAX, NonceChain, chain_of, place_at, spell
from server import own_stream
from server.open_game import OpenGame
from sync.batch import Batch
from sync.stream import GAME

EVERY_MS = 30_000
"""How long one code is shown: long enough to type it."""
_CONTEXT = b"wayfold/1/kiosk-time\x00"


class Shown(msgspec.Struct, frozen=True):
    """The code to show, as letters, and from when until when."""

    code: str
    from_ms: int
    to_ms: int


class Now(NamedTuple):
    """What to show, and what is to be stored before it is shown (None: nothing)."""

    shown: Shown
    batch: Batch | None


def code_now(game: OpenGame, now_ms: int) -> Now:
    """The code of this moment; where no chain of this node's runs, the first of a new one."""
    batch = None
    chain = _running(game, now_ms)
    if chain is None:
        codes = chain_of(_seed(game, now_ms), NONCES_MAX)
        chain = NonceChain(now_ms, EVERY_MS, NONCES_MAX, codes[0])
        batch = own_stream.write(game.log.index, game.key, GAME, [chain])
    place = place_at(chain, now_ms)
    code = chain_of(_seed(game, chain.at_ms), chain.count)[place]
    from_ms = chain.at_ms + (place - 1) * chain.every_ms
    return Now(Shown(spell(code), from_ms, from_ms + chain.every_ms), batch)


def _running(game: OpenGame, now_ms: int) -> NonceChain | None:
    """The latest chain that this node began and that has a code for this moment."""
    found: list[NonceChain] = []
    for state in game.log.index.streams_of(GAME):
        if state.key.public_key != game.key.public_key:
            continue
        for branch in state.branches:
            for _, _, payload in game.log.payloads(state.id, branch.number, branch.first_seq):
                action = decode_action(payload)
                if isinstance(action, NonceChain) and 1 <= place_at(action, now_ms) <= action.count:
                    found.append(action)
    own = (one for one in found if chain_of(_seed(game, one.at_ms), one.count)[0] == one.anchor)
    return max(own, key=lambda one: one.at_ms, default=None)


def _seed(game: OpenGame, at_ms: int) -> bytes:
    return hmac.digest(game.key.seed, _CONTEXT + game.row.id + at_ms.to_bytes(8, "big"), "sha256")

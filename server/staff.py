"""Who may use the staff pages of a node: codes that the organiser hands out, and the pass a browser keeps.

A code stands hashed in `staff` streams, so an edge that is alone knows it too.
Who types it gets a pass, a cookie that only this node can make; it holds for as
long as the code is active, so taking a code back ends every pass made with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from client_core.game.actions import StaffCode, decode_action
from client_core.game.roles import Role
from client_core.signing import SigningKey, random_bytes
from server import own_stream
from server.codes import RANDOM_BYTES, code_from, hash_code
from server.db.event_log import GameLog
from server.open_game import OpenGame
from server.problems import Problem
from server.scoreboard import organiser_events
from sync.stream import STAFF

COOKIE = "wayfold_staff"
PASS_CONTEXT = b"wayfold/1/staff-pass\x00"
_HASH_BYTES = 32


def add_staff_code(log: GameLog, key: SigningKey, role: Role, label: str, now_ms: int) -> str:
    """Write a new code for a role in the `staff` stream of this node; returns it, to be shown once."""
    code = code_from(random_bytes(RANDOM_BYTES))
    hashed = hash_code(log.game.game, code)
    assert hashed is not None
    log.append(own_stream.write(log.index, key, STAFF, [StaffCode(now_ms, hashed, role, label)]))
    return code


def take_back(log: GameLog, key: SigningKey, code: StaffCode, now_ms: int) -> None:
    """The code and every pass made with it hold no longer, wherever this is heard."""
    at_ms = max(now_ms, code.at_ms + 1)
    action = StaffCode(at_ms, code.code_hash, code.role, code.label, active=False)
    log.append(own_stream.write(log.index, key, STAFF, [action]))


def staff_codes(log: GameLog) -> list[StaffCode]:
    """The latest word on every code, in the order of their times."""
    latest: dict[bytes, tuple[int, bytes, StaffCode]] = {}
    for event in organiser_events(log, STAFF):
        action = decode_action(event.payload)
        if isinstance(action, StaffCode):
            stamp = (action.at_ms, event.id, action)
            known = latest.get(action.code_hash, stamp)
            latest[action.code_hash] = max(known, stamp, key=lambda one: one[:2])
    return [code for _, _, code in sorted(latest.values(), key=lambda one: one[:2])]


def find_staff_code(log: GameLog, hashed: bytes | None) -> StaffCode:
    """The active code of that hash; raises `Problem("staff_code_unknown")`."""
    for code in staff_codes(log):
        if code.code_hash == hashed and code.active:
            return code
    raise Problem("staff_code_unknown", "check the letters, or ask the organiser whether the code still holds")


def make_pass(game: OpenGame, code: StaffCode) -> str:
    """The cookie's value for whoever typed this code."""
    return base64.urlsafe_b64encode(code.code_hash + _seal(game, code.code_hash)).decode()


def read_pass(game: OpenGame, value: str | None) -> StaffCode | None:
    """The code a cookie was made with, if this node made it and the code still holds; else None."""
    try:
        raw = base64.urlsafe_b64decode(value or "")
    except (binascii.Error, ValueError):
        return None
    hashed, seal = raw[:_HASH_BYTES], raw[_HASH_BYTES:]
    if not hmac.compare_digest(seal, _seal(game, hashed)):
        return None
    return next((code for code in staff_codes(game.log) if code.code_hash == hashed and code.active), None)


def _seal(game: OpenGame, hashed: bytes) -> bytes:
    key = hashlib.sha256(PASS_CONTEXT + game.key.seed).digest()
    return hmac.digest(key, game.row.id + hashed, "sha256")

"""What a check-in costs on the wire, and what an idle session does."""

from __future__ import annotations

import secrets

from bench.highfield import check_in_payloads
from bench.table import Row
from client_core.signing import SigningKey
from sync.event import ORIGIN, Event, head_message, seal
from sync.frame import encode_frame
from sync.messages import Data
from sync.segment import make_run
from sync.stream import GameKey, StreamKey, stream_id, team_audience

GAME = GameKey(secrets.token_bytes(16), secrets.token_bytes(16))
BYTES_MAX_BY_COUNT = {1: None, 3: 110, 10: None, 100: 30}
_SAMPLES = 20


def rows() -> list[Row]:
    """Bytes per check-in in DATA frames by the length of the segment; keys, salts and signature included."""
    found = []
    for count, bytes_max in BYTES_MAX_BY_COUNT.items():
        value = _bytes_each(count)
        target = f"at most {bytes_max}" if bytes_max else "stated"
        ratio = value / bytes_max if bytes_max else None
        met = value <= bytes_max if bytes_max else None
        found.append(Row(f"bytes per check-in, segments of {count}", value, "bytes", bytes_max, ratio, target, met))
    return found


def _bytes_each(count: int) -> float:
    payloads = check_in_payloads(count * _SAMPLES)
    sizes = [len(_frame(payloads[i : i + count])) for i in range(0, len(payloads), count)]
    return sum(sizes) / len(payloads)


def _frame(payloads: list[bytes]) -> bytes:
    """One run from the middle of a team's stream, in its frame."""
    signing = SigningKey.generate()
    key = StreamKey(signing.public_key, secrets.token_bytes(16), team_audience(secrets.token_bytes(16)))
    stream, seed, previous = stream_id(key), secrets.token_bytes(16), secrets.token_bytes(len(ORIGIN))
    events: list[Event] = []
    for number, payload in enumerate(payloads):
        event = seal(GAME, stream, 40 + number, previous, seed, payload)
        events.append(event)
        previous = event.id
    signature = signing.sign(head_message(GAME, stream, events[-1].seq, previous))
    return encode_frame(Data((make_run(key, events, signature),)))

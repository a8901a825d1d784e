"""Frames: one message, compressed where that helps, checked against flipped bits.

    bytes  field
    4      length of what follows, big-endian
    1      form: 0 plain, 1 raw deflate (RFC 1951)
    4      CRC-32 over the form byte and the body as it travels
    ...    body: the message in MessagePack, deflated in form 1

A body of a request, an answer or a bundle is frames, one after another. The
CRC refuses a damaged frame whole, before anything of it is used; it guards
against accidents, signatures guard against people. Inflating stops at
`FRAME_BYTES_MAX`, whatever the body claims.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

import msgspec

from sync.errors import FrameError, LocalError
from sync.limits import BODY_BYTES_MAX, BODY_FRAMES_MAX, FRAME_BYTES_MAX, FRAME_OVERHEAD_BYTES_MAX
from sync.message_check import check_message
from sync.messages import Asking, Hello, Message, Proof, Receipts, Root, Welcome

PREFIX_BYTES = 4
HEAD_BYTES = 5
PLAIN = 0
DEFLATED = 1
_DEFLATE_FROM_BYTES = 96
_HASHES_ONLY = frozenset((Hello, Welcome, Proof, Root, Asking, Receipts))
_DEFLATE_HASHES_FROM_BYTES = 320
"""Keys, hashes and signatures get no shorter before they repeat: to try on one receipt takes 10 us for nothing."""
_LEVEL = 6
_WINDOW_BITS_MIN = 10

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode_frame(message: Message) -> bytes:
    """One frame. Raises `LocalError` (`frame_too_big`, `message_too_big`, `message_malformed`) beyond a limit."""
    try:
        check_message(message)
    except FrameError as error:
        raise LocalError(error.code, error.detail) from error
    plain = _ENCODER.encode(message)
    if len(plain) > FRAME_BYTES_MAX:
        raise LocalError("frame_too_big", f"a frame of {len(plain)} bytes, at most {FRAME_BYTES_MAX} are allowed")
    form, body = PLAIN, plain
    if len(plain) >= (_DEFLATE_HASHES_FROM_BYTES if type(message) in _HASHES_ONLY else _DEFLATE_FROM_BYTES):
        deflater = _deflater(len(plain))
        deflated = deflater.compress(plain) + deflater.flush()
        if len(deflated) < len(plain):
            form, body = DEFLATED, deflated
    checksum = zlib.crc32(body, zlib.crc32(bytes((form,))))
    head = bytes((form,)) + checksum.to_bytes(4, "big")
    return (HEAD_BYTES + len(body)).to_bytes(PREFIX_BYTES, "big") + head + body


def _deflater(size: int) -> zlib._Compress:
    """A deflater with a window for `size` bytes: making one of 32 KiB takes 50 us, more than a small message's all."""
    window_bits = min(max(size.bit_length(), _WINDOW_BITS_MIN), zlib.MAX_WBITS)
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, -window_bits, min(window_bits - 6, zlib.DEF_MEM_LEVEL))


def decode_frame(frame: bytes) -> Message:
    """The message of one frame, without its length prefix.

    Raises `FrameError`: `frame_short`, `frame_damaged`, `frame_too_big`,
    `frame_unknown` (a tag, field or form this version does not know),
    `message_malformed` or `message_too_big`.
    """
    if len(frame) < HEAD_BYTES:
        raise FrameError("frame_short", f"a frame of {len(frame)} bytes has no room for its head")
    form, checksum, body = frame[0], int.from_bytes(frame[1:HEAD_BYTES], "big"), frame[HEAD_BYTES:]
    if zlib.crc32(body, zlib.crc32(frame[:1])) != checksum:
        raise FrameError("frame_damaged", "the frame's checksum does not match: it was damaged on its way")
    plain = _inflate(body) if form == DEFLATED else body
    if form not in (PLAIN, DEFLATED):
        raise FrameError("frame_unknown", f"frame form {form} is not known to this version")
    if len(plain) > FRAME_BYTES_MAX:
        raise FrameError("frame_too_big", f"a frame of over {FRAME_BYTES_MAX} bytes")
    try:
        message = _DECODER.decode(plain)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, SystemError) as error:  # see `statement`
        raise FrameError("frame_unknown", f"the message does not decode: {error}") from error
    check_message(message)
    return message


def _inflate(body: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(body, FRAME_BYTES_MAX + 1)
    except zlib.error as error:
        raise FrameError("frame_damaged", f"the frame does not inflate: {error}") from error
    if len(plain) > FRAME_BYTES_MAX or not inflater.eof or inflater.unused_data:
        code = "frame_too_big" if len(plain) > FRAME_BYTES_MAX else "frame_damaged"
        raise FrameError(code, f"a frame must inflate, to its end, to at most {FRAME_BYTES_MAX} bytes")
    return plain


def split_frames(body: bytes, bytes_max: int = BODY_BYTES_MAX, frames_max: int = BODY_FRAMES_MAX) -> Iterator[bytes]:
    """The frames of a body, without their length prefixes.

    Raises `FrameError`: `body_too_big`, `frame_short` (the body ends inside a
    frame: it was cut), `frame_too_big`; frames before the fault have been yielded.
    """
    if len(body) > bytes_max:
        raise FrameError("body_too_big", f"a body of {len(body)} bytes, at most {bytes_max} are allowed")
    position, count, end = 0, 0, len(body)
    while position < end:
        start = position + PREFIX_BYTES
        length = int.from_bytes(body[position:start], "big")
        if length > FRAME_BYTES_MAX + FRAME_OVERHEAD_BYTES_MAX:
            raise FrameError("frame_too_big", f"a frame says it has {length} bytes")
        if start + length > end:
            raise FrameError("frame_short", f"the body ends {start + length - end} bytes before its last frame does")
        count += 1
        if count > frames_max:
            raise FrameError("body_too_big", f"more than {frames_max} frames in one body")
        yield body[start : start + length]
        position = start + length


def encode_body(messages: Iterable[Message]) -> bytes:
    """Frames of these messages, one after another."""
    return b"".join(encode_frame(message) for message in messages)


def decode_body(body: bytes) -> list[Message]:
    """All messages of a body; raises `FrameError` if any frame is unsound."""
    return [decode_frame(frame) for frame in split_frames(body)]

"""The edge's front door: a relay of bytes that the edge's guests come through.

It understands just enough of what passes to do two things. It keeps every
receipt and verdict the edge gave out, so that what was acknowledged can be checked against
the edge's file afterwards. And it kills the edge in the worst moment: after the
chosen time, as soon as a request with a DATA frame has been handed over and
before any of the answer has been.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from sync.errors import FrameError
from sync.frame import decode_frame, split_frames
from sync.messages import Data, Message, Receipts, Verdicts
from sync.placement import DUPLICATE, STORED
from sync.receipt import Receipt

HEAD_BYTES_MAX = 64 * 1024
PIECE_BYTES = 64 * 1024
SYNC_PATH = b"/sync/"


class EdgeDoor:
    """Relays to the edge on `edge_port`.

    `kill_due` says whether the moment has come, `kill` ends the edge at once.
    `receipts` are all that were handed out, the first `before_kill` of them
    before the edge died; `taken` are the events, by stream and number, whose
    verdict said that the edge holds them; `killed_events` counts the events in
    flight when it died.
    """

    def __init__(self, edge_port: int, kill_due: Callable[[], bool], kill: Callable[[], None]) -> None:
        self.edge_port = edge_port
        self.receipts: list[Receipt] = []
        self.taken: set[tuple[bytes, int]] = set()
        self.before_kill = 0
        self.killed_events = 0
        self.has_killed = asyncio.Event()
        self._kill_due, self._kill = kill_due, kill
        self._server: asyncio.Server | None = None
        # Held here: the loop itself keeps no hold on a guest's task.
        self._guests: set[asyncio.Task[None]] = set()

    @property
    def killed(self) -> bool:
        """Whether the edge was killed."""
        return self.has_killed.is_set()

    async def open(self) -> int:
        """Listen on a free port of this machine; returns it."""
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Let nobody in any more."""
        if self._server is not None:
            self._server.close()
        for guest in self._guests:
            guest.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.create_task(self._guest(reader, writer))
        self._guests.add(guest)
        guest.add_done_callback(self._guests.discard)

    async def _guest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            edge_reader, edge_writer = await asyncio.open_connection("127.0.0.1", self.edge_port)
            ends.append(edge_writer)
            while await self._exchange(reader, writer, edge_reader, edge_writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, FrameError, ValueError):
            pass  # a link was cut, the edge is down, or a guest does not speak HTTP: the door just closes
        finally:
            for end in ends:
                end.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        edge_reader: asyncio.StreamReader,
        edge_writer: asyncio.StreamWriter,
    ) -> bool:
        """Carry one request and its answer; whether the connection goes on."""
        head = await _read_head(reader)
        if not head:
            return False
        session = SYNC_PATH in head.partition(b"\r\n")[0]
        body = await _read_body(reader, head)
        edge_writer.write(head + body)
        await edge_writer.drain()
        if session and not self.killed and self._kill_due():
            events = sum(len(run.payloads) for m in _messages(body) if isinstance(m, Data) for run in m.runs)
            if events:
                self.killed_events = events
                self.before_kill = len(self.receipts)
                self._kill()
                self.has_killed.set()
                return False
        answer_head = await _read_head(edge_reader)
        if not answer_head:
            return False
        if not session:
            writer.write(answer_head)
            return await _relay(edge_reader, writer, answer_head)
        answer = await _read_body(edge_reader, answer_head)
        # Noted before it is handed over: whatever a device may believe has been seen here.
        for message in _messages(answer):
            if isinstance(message, Receipts):
                self.receipts += message.items
            elif isinstance(message, Verdicts):
                self.taken |= set(_taken(message))
        writer.write(answer_head + answer)
        await writer.drain()
        return b"connection: close" not in answer_head.lower()


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    """A head with its blank line; empty where the other side is gone."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    return await reader.readexactly(_length(head) or 0)


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> bool:
    """Hand on an answer of any kind: by its length, or else until it ends with the connection."""
    left = _length(head)
    while left is None or left > 0:
        piece = await reader.read(PIECE_BYTES if left is None else min(left, PIECE_BYTES))
        if not piece:
            return False
        writer.write(piece)
        await writer.drain()
        left = None if left is None else left - len(piece)
    return True


def _messages(body: bytes) -> list[Message]:
    return [decode_frame(frame) for frame in split_frames(body)] if body else []


def _taken(verdicts: Verdicts) -> Iterator[tuple[bytes, int]]:
    """The events of which these verdicts say that they are held."""
    for stream, first_seq, spans in verdicts.runs:
        seq = first_seq
        for count, verdict in spans:
            if verdict in (STORED, DUPLICATE):
                yield from ((stream, number) for number in range(seq, seq + count))
            seq += count

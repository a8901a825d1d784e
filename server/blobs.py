"""The blobs of a tenant: files beside its database, named by hash, filled piece by piece.

A blob is taken only where an event of an enrolled device announced it, with its
size; strangers can send none. What is not whole yet ends in `.part`; whole means
that its hash was checked and the file is durable. A part whose end does not give
the hash is thrown away, and sent anew.
"""

from __future__ import annotations

import os
from pathlib import Path

from client_core.game.pictures import BlobState, blob_hash
from server.problems import Problem

PART = ".part"


class BlobFolder:
    """The blobs of one tenant. Calls do file I/O and fsync: from a thread, one at a time for one blob."""

    def __init__(self, tenants: Path, slug: str) -> None:
        self.folder = tenants / f"{slug}.blobs"

    def state(self, name: bytes) -> BlobState:
        """How much of a blob is here."""
        whole, part = self._paths(name)
        try:
            return BlobState(whole.stat().st_size, True)
        except FileNotFoundError:
            pass
        try:
            return BlobState(part.stat().st_size, False)
        except FileNotFoundError:
            return BlobState(0, False)

    def take(self, name: bytes, size: int, offset: int, piece: bytes) -> BlobState:
        """Put a piece where it belongs; what is here already is passed over, a piece beyond the end too.

        Raises `Problem("bad_request")` for bytes beyond the announced `size`.
        """
        try:
            state = self.state(name)
            if state.whole or not piece or not offset <= state.held < offset + len(piece):
                return state
            if offset + len(piece) > size:
                raise Problem("bad_request", f"the blob was announced with {size} bytes, this piece goes beyond them")
            return self._append(name, size, state.held, piece[state.held - offset :])
        except OSError as error:
            raise Problem("store_unusable", f"a blob cannot be kept: {error.strerror}") from error

    def keep(self, name: bytes, content: bytes) -> None:
        """Keep a whole blob that was made here; raises `Problem("store_unusable")`."""
        if not self.state(name).whole:
            self.erase(name)  # a part of it, of whatever it is a part
            self.take(name, len(content), 0, content)

    def read_piece(self, name: bytes, offset: int, size: int) -> bytes:
        """Up to `size` bytes of a whole blob from `offset` on, its hash not checked again; empty where it is not."""
        try:
            with self._paths(name)[0].open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError:
            return b""

    def read(self, name: bytes) -> bytes | None:
        """A whole blob, its hash checked again; None where it is not here whole, or damaged at rest."""
        whole, _ = self._paths(name)
        try:
            content = whole.read_bytes()
        except FileNotFoundError:
            return None
        if blob_hash(content) != name:
            whole.unlink()  # to be sent anew by whoever has it
            return None
        return content

    def erase(self, name: bytes) -> None:
        """Forget a blob and its parts."""
        for path in self._paths(name):
            path.unlink(missing_ok=True)

    def bytes_held(self) -> int:
        """The bytes of all blobs here."""
        return sum(path.stat().st_size for path in self.folder.glob("*/*") if path.is_file())

    def _append(self, name: bytes, size: int, held: int, piece: bytes) -> BlobState:
        whole, part = self._paths(name)
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            file.truncate(held)
            file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if held + len(piece) < size:
            return BlobState(held + len(piece), False)
        return self._finish(name, whole, part, size)

    def _finish(self, name: bytes, whole: Path, part: Path, size: int) -> BlobState:
        if blob_hash(part.read_bytes()) != name:
            part.unlink()
            return BlobState(0, False)
        part.replace(whole)
        folder = os.open(whole.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return BlobState(size, True)

    def _paths(self, name: bytes) -> tuple[Path, Path]:
        path = self.folder / name.hex()[:2] / name.hex()
        return path, path.with_name(path.name + PART)

"""Every tenant's file of a data folder: found by slug, opened when asked for, at most so many at once.

No query can forget a tenant: what is reached through one open file is one
tenant's. Files that nobody uses are closed again, least recently used first.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from server.db.models import TenantRow
from server.db.tenant_file import TenantFile
from server.problems import Problem

SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?\Z")
RESERVED_SLUGS = frozenset({"api", "health", "schema", "static", "sync"})
"""First words of this server's own addresses, `/{tenant}/{game}` must not hide them."""

SUFFIX = ".sqlite"


class TenantFiles:
    """The open files of one data folder. Safe to call from several threads."""

    def __init__(self, data_folder: Path, *, open_max: int = 256) -> None:
        """Make the folders where they are missing; raises `Problem("store_unusable")`."""
        self.folder = data_folder / "tenants"
        self._open_max = open_max
        self._files: OrderedDict[str, TenantFile] = OrderedDict()
        self._users: dict[str, int] = {}
        self._lock = threading.RLock()
        self.on_close: Callable[[TenantFile], None] = lambda _file: None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Problem("store_unusable", f"data folder {data_folder}: {error.strerror}") from error

    def slugs(self) -> list[str]:
        """The slugs of all tenants here, sorted."""
        return sorted(path.name.removesuffix(SUFFIX) for path in self.folder.glob(f"*{SUFFIX}"))

    def add(self, tenant: TenantRow) -> None:
        """Create a tenant's file.

        It is written beside and then renamed, so a file with a tenant's name
        always has its tenant in it. Raises `Problem("slug_taken")`,
        `Problem("bad_request")` for a slug that cannot be one.
        """
        check_slug(tenant.slug)
        path = self._path(tenant.slug)
        if path.exists():
            raise Problem("slug_taken", f"there is a tenant {tenant.slug!r} already")
        draft = path.with_name(f".{tenant.slug}.{os.getpid()}.new")
        file = TenantFile(draft)
        with file.writing() as session:
            session.add(tenant)
        file.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.close()
        try:
            os.link(draft, path)
        except FileExistsError as error:
            raise Problem("slug_taken", f"there is a tenant {tenant.slug!r} already") from error
        finally:
            draft.unlink()

    @contextmanager
    def open(self, slug: str) -> Iterator[TenantFile]:
        """The tenant's file, kept open while the context lasts.

        Raises `Problem`: `tenant_unknown`, `store_unusable`, and `busy` where
        all files that may be open are in use.
        """
        file = self._take(slug)
        try:
            yield file
        finally:
            with self._lock:
                self._users[slug] -= 1

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            while self._files:
                self._close(next(iter(self._files)))

    def _take(self, slug: str) -> TenantFile:
        with self._lock:
            file = self._files.get(slug)
            if file is None:
                if not SLUG.match(slug) or not self._path(slug).exists():
                    raise Problem("tenant_unknown", f"there is no tenant {slug[:40]!r} here")
                self._make_room()
                file = self._files[slug] = TenantFile(self._path(slug))
                self._users[slug] = 0
            self._files.move_to_end(slug)
            self._users[slug] += 1
            return file

    def _make_room(self) -> None:
        if len(self._files) < self._open_max:
            return
        idle = next((slug for slug in self._files if not self._users[slug]), None)
        if idle is None:
            raise Problem("busy", f"{self._open_max} tenants are in use at once", retry_after_s=1)
        self._close(idle)

    def _close(self, slug: str) -> None:
        file = self._files.pop(slug)
        del self._users[slug]
        self.on_close(file)
        file.close()

    def _path(self, slug: str) -> Path:
        return self.folder / f"{slug}{SUFFIX}"


def check_slug(slug: str) -> None:
    """Raise `Problem("bad_request")` unless this can stand in an address and a file name."""
    if not SLUG.match(slug) or slug in RESERVED_SLUGS:
        raise Problem(
            "bad_request",
            f"{slug[:60]!r} cannot be a short name: use 1 to 40 of a-z, 0-9 and -, not at an end"
            f" (and not {', '.join(sorted(RESERVED_SLUGS))})",
        )

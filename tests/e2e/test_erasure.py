"""A person asks to be forgotten, and is: at HQ, at an edge, on two phones, in files, bundles, backups and logs.

Servers are processes, and so is every command of a phone. Afterwards every file
of every node is searched for the bytes, also inside what is deflated.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from loopback import START_MS
from served import ServedProcess, clean_environment, edge_code_of, found_tenant, opened, wayfold

from client_core.game.actions import MemberNamed, Photo
from client_core.game.pictures import blob_hash
from client_core.replica import Replica
from client_core.transports.blobs import BlobSender
from server import own_stream
from server.blobs import BlobFolder
from server.join_codes import add_join_code
from sync.stream import STAFF

MARK = "Ottilie-Wildermuth-1877"
TELEPHONE = "+49 7071 4711 0815"
PICTURE = b"\xff\xd8\xff\xe0" + b"\xab\x01face\x02" * 4_000
MARKS = (MARK.encode(), TELEPHONE.encode(), b"\xab\x01face\x02" * 3, blob_hash(PICTURE))
WITHIN_S = 30.0


class Phone:
    """A phone whose every command is a process of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.store = folder / "phone.wayfold"

    def __call__(self, command: str, *arguments: str) -> str:
        words = [sys.executable, "-m", "client_core", command, "--store", str(self.store), *arguments]
        ran = subprocess.run(words, capture_output=True, text=True, check=False, env=clean_environment(), timeout=60)
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
        return ran.stdout


class Venue(NamedTuple):
    """Where everything is."""

    folder: Path
    hq: ServedProcess
    edge: ServedProcess
    ann: Phone
    ben: Phone

    def marked(self, *but: str) -> list[str]:
        """The files of all nodes that hold a mark, plainly or deflated; folders named in `but` are not looked into."""
        files = [
            p for p in sorted(self.folder.rglob("*")) if p.is_file() and p.parts[len(self.folder.parts)] not in but
        ]
        return [str(p.relative_to(self.folder)) for p in files if holds_mark(p.read_bytes())]


def holds_mark(content: bytes) -> bool:
    """Whether bytes hold a mark as they are, or in the deflated frames of a bundle."""
    return any(mark in part for part in (content, *inflated(content)) for mark in MARKS)


def inflated(content: bytes) -> Iterator[bytes]:
    """What inflates: frames as the reference of the protocol describes them (length, form, checksum, content)."""
    at = 0
    while (at := content.find(b"\x01", at)) >= 4:
        size = int.from_bytes(content[at - 4 : at], "big")
        at += 1
        if 5 < size <= 1 << 16:
            try:
                yield zlib.decompress(content[at + 4 : at - 1 + size], -15)
            except zlib.error:
                continue


def becomes(true: Callable[[], bool], within_s: float = WITHIN_S) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.2)
    return False


@contextmanager
def venue(folder: Path) -> Iterator[Venue]:
    """HQ, an edge, and two phones of one team: one joined at the edge, one at HQ."""
    code = found_tenant(folder / "hq")
    hq = ServedProcess(folder / "hq").start()
    settings = folder / "edge.toml"
    settings.write_text(
        f'upstreams = ["{hq.url}"]\nupstream_every_s = 0.3\nedge_code = "{edge_code_of(folder / "hq")}"\n'
    )
    (folder / "edge").mkdir()
    edge = ServedProcess(folder / "edge", "--settings", str(settings))
    try:
        edge.start()
        ann, ben = Phone(folder / "ann"), Phone(folder / "ben")
        ann("join", f"{edge.url}/acme/park", "--code", code, "--team-name", "Owls")
        ann("check-in", "A", "--at", str(START_MS + 60_000), "--lon", "-1.5", "--lat", "51.5")
        ann("sync")
        assert becomes(lambda: bool(hq.standings()["teams"]))
        with opened(folder / "hq") as game:
            (team,) = game.board.teams.values()
            again = add_join_code(game.log, game.key, team, 5, START_MS).code
        ben("join", f"{hq.url}/acme/park", "--code", again)
        yield Venue(folder, hq, edge, ann, ben)
    finally:
        hq.stop()
        edge.stop()


def leave_traces(place: Venue) -> bytes:
    """A name at the desk, words and a photo of Ann's, everywhere; returns the photo's name."""
    with opened(place.folder / "hq") as game:
        (team,) = game.board.teams
        named = [
            MemberNamed(1, team, n, MARK if n == 7 else f"Player {n}", TELEPHONE if n == 7 else "") for n in range(40)
        ]
        game.log.append(own_stream.write(game.log.index, game.key, STAFF, named))
    for number in range(12):
        place.ann("say", f"{number} {MARK}", "--at", str(START_MS + 70_000 + number))
    with Replica.open(place.ann.store) as replica:
        photo = replica.blobs.keep(PICTURE, START_MS)
        replica._write(Photo(START_MS + 90_000, 0, photo, len(PICTURE)))
    place.ann("sync")
    with Replica.open(place.ann.store) as replica:
        sender = BlobSender(f"{place.edge.url}/sync/v1/acme/{replica.game.game.hex()}")
        sender.send_all(replica.blobs, lambda: False)
        sender.close()
    hq = BlobFolder(place.folder / "hq" / "tenants", "acme")
    assert becomes(lambda: hq.read(photo) == PICTURE), "the photo reaches HQ"
    place.ben("sync")
    return photo


def test_every_byte_of_a_person_is_gone_from_every_node_and_does_not_come_back(tmp_path: Path) -> None:
    with venue(tmp_path) as place:
        photo = leave_traces(place)
        assert photo == blob_hash(PICTURE)
        kept = tmp_path / "kept"  # what was taken out before: bundles and backups
        kept.mkdir()
        wayfold("bundle", "export", "park", str(kept / "hq.wayfold"), "--data", str(tmp_path / "hq"))
        place.ben("bundle", "export", str(kept / "ben.wayfold"))
        for name in ("hq", "edge"):
            shutil.copytree(tmp_path / name / "tenants", kept / name)
        shutil.copytree(tmp_path / "ben", kept / "ben")
        before = place.hq.standings_of_first()
        assert {Path(p).parts[0] for p in place.marked()} >= {"hq", "edge", "ann", "ben", "kept"}

        with opened(tmp_path / "hq") as game:
            known = game.log.index.directory
            of_team = [s.key for s in game.log.index.streams.values() if s.key.audience[:1] == b"t"]
            nodes = [key for key in of_team if known.speaks_for_all(key.public_key) or known.vouches(key.public_key)]
            key = next(key for key in of_team if key not in nodes).public_key.hex()
        said = wayfold("erase", "park", "--player", "Owls:7", "--device", key, "--yes", "--data", str(tmp_path / "hq"))
        assert said.stdout.startswith("15 events erased"), said.stdout

        def forgotten() -> bool:
            place.ann("sync")  # at the edge, which may hear of it later; restored, it hears of it from her phone
            place.ben("sync")
            return place.marked("kept") == []

        assert becomes(forgotten), place.marked("kept")
        after = place.hq.standings_of_first()
        assert (after["points"], after["checkpoints"]) == (before["points"], before["checkpoints"])

        for name in ("hq.wayfold", "ben.wayfold"):
            wayfold("bundle", "import", str(kept / name), "--data", str(tmp_path / "edge"))
            wayfold("bundle", "import", str(kept / name), "--data", str(tmp_path / "hq"))
        for phone in (place.ann, place.ben):
            phone("bundle", "import", str(kept / "ben.wayfold"))
        wayfold("bundle", "export", "park", str(tmp_path / "fresh.wayfold"), "--data", str(tmp_path / "edge"))
        assert place.marked("kept") == [], "old bundles bring nothing back, and new ones hold nothing"

        place.edge.stop()
        place.hq.stop()
        restore_everything(place, kept)
        assert place.marked("kept"), "a restored backup holds it again"
        place.edge.start()
        place.hq.start()

        assert becomes(forgotten), (place.marked("kept"), json.dumps(place.edge.health())[:600])


def restore_everything(place: Venue, kept: Path) -> None:
    """HQ by the command, the edge and a phone by copying files; what only Ann's phone knows is that it was erased."""
    wayfold("restore", "acme", str(kept / "hq" / "acme.sqlite"), "--data", str(place.folder / "hq"))
    shutil.copytree(kept / "hq" / "acme.blobs", place.folder / "hq" / "tenants" / "acme.blobs", dirs_exist_ok=True)
    shutil.rmtree(place.folder / "edge" / "tenants")
    shutil.copytree(kept / "edge", place.folder / "edge" / "tenants")
    shutil.rmtree(place.folder / "ben")
    shutil.copytree(kept / "ben", place.folder / "ben")


@pytest.mark.parametrize("what", ["plain", "deflated"])
def test_the_search_itself_finds_what_is_there(what: str) -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    carried = deflate.compress(b"before " + MARK.encode() + b" after") + deflate.flush()
    frame = (len(carried) + 5).to_bytes(4, "big") + b"\x01" + bytes(4) + carried
    assert holds_mark(b"some " + MARK.encode() if what == "plain" else b"head" + frame + b"tail")

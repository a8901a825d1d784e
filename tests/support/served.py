"""A tenant with a published game, served: inside the test by Litestar's client, or by a process of its own."""

from __future__ import annotations

import base64
import io
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
from litestar.testing import TestClient
from loopback import CODES, HOUR_MS, LAT, START_MS, lon_of
from nodes import key_of

from client_core.game.actions import CheckIn, encode_action
from client_core.game.checkpoints import Method
from client_core.game.joining import JoinAnswer
from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import MassStart, TimeLimit
from client_core.signing import SigningKey, verify
from server.app import create_app
from server.cli import main
from server.db.tenants import TenantFiles
from server.games import find_game, publish_draft, save_draft
from server.join_codes import add_join_code
from server.open_game import OpenGame
from server.settings import Limits, Settings
from server.tenancy import new_tenant
from sync.batch import Batch, OwnEvents
from sync.effects import Append, Effect, Exchange, Random, Sign, Verify, run
from sync.event import ORIGIN, seal
from sync.initiator import Initiating, Report, initiate
from sync.memory_log import MemoryLog
from sync.runs import sign_tails
from sync.statement import Statement
from sync.stream import GAME, GameKey, StreamKey, scope_of, stream_id, team_audience

NOW_MS = START_MS + 60_000
DRAFT = Draft(
    name="Five in a row <b>",
    time_zone="Europe/London",
    opens_at_ms=START_MS - HOUR_MS,
    closes_at_ms=START_MS + 3 * HOUR_MS,
    start=MassStart(START_MS),
    finish_code="FIN",
    limit=TimeLimit(45 * 60_000, 10, 30 * 60_000),
    checkpoints=tuple(
        DraftCheckpoint(code=code, name=code, points=10, at=(lon_of(number), LAT), radius_m=25)
        for number, code in enumerate(CODES)
    ),
)


def found_tenant(folder: Path, slug: str = "acme", uses: int = 100, **changes: object) -> str:
    """A tenant with the game `park` published, changed so; returns a join code that makes new teams."""
    tenants = TenantFiles(folder)
    tenants.add(new_tenant(slug, slug.title(), NOW_MS))
    with tenants.open(slug) as file:
        assert file.tenant is not None
        save_draft(file, "park", msgspec.structs.replace(DRAFT, **changes), NOW_MS)
        row = publish_draft(file, file.tenant, "park", NOW_MS)
        game = OpenGame(file, file.tenant, row)
        code = add_join_code(game.log, game.key, None, uses, NOW_MS).code
    tenants.close()
    return code


def edge_code_of(folder: Path, *more: str) -> str:
    """A code that makes one server an edge of the game `park`."""
    found: str = json.loads(wayfold("edge-code", "park", "--json", "--data", str(folder), *more).stdout)["edge_code"]
    return found


@contextmanager
def opened(folder: Path, slug: str = "acme", name: str = "park") -> Iterator[OpenGame]:
    """A game's file, opened beside whatever serves it."""
    tenants = TenantFiles(folder)
    with tenants.open(slug) as file:
        assert file.tenant is not None
        with file.reading() as session:
            row = find_game(session, name)
            session.expunge(row)
        yield OpenGame(file, file.tenant, row)
    tenants.close()


@contextmanager
def served_here(folder: Path, now_ms: int = NOW_MS, **limits: int) -> Iterator[TestClient[Any]]:
    """A node inside this process, its clock standing still."""
    settings = Settings(data_folder=str(folder), node_name="test", limits=Limits(**limits))
    with TestClient(create_app(settings, clock=lambda: now_ms)) as client:
        yield client


class ServedProcess:
    """`wayfold serve` in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.trusted: ssl.SSLContext | bool = True
        """Whose certificates are believed when it is asked."""
        self.code = ""
        """A join code, where a fixture made one."""
        self.arguments = arguments
        self.release: Path | None = None
        """Whose programs it runs, where these are not the tree's own (`releases`)."""
        self.log = folder.parent / f"{folder.name}-{self.port}.log"

    def start(self) -> ServedProcess:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*WAYFOLD, "serve", "--data", str(self.folder), "--port", str(self.port), *self.arguments],
                stdout=log,
                stderr=log,
                env=clean_environment(),
                cwd=self.release,
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get("/health").is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the node did not start: {self.log.read_text()}")

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", trust_env=False, verify=self.trusted)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(20)

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/health").json()
        return found

    def standings_of_first(self) -> dict[str, Any]:
        """The first team's line; empty while there is none."""
        teams = self.standings()["teams"]
        return teams[0] if teams else {}

    def standings(self, game: str = "acme/games/park") -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/v1/{game}/standings").json()
        return found


WAYFOLD = (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())")


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[ServedProcess]:
    """A running node, stopped at the end."""
    node = ServedProcess(folder, *arguments).start()
    try:
        yield node
    finally:
        node.stop()


class Said(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


def wayfold(*arguments: str, code: int = 0, **settings: str) -> Said:
    """Run a command of `wayfold` in this process, as its entry point does; its exit code must be `code`."""
    out, err = io.StringIO(), io.StringIO()
    kept = dict(os.environ)
    os.environ.update(settings)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            found = main(arguments)
    finally:
        os.environ.clear()
        os.environ.update(kept)
    assert found == code, (found, out.getvalue(), err.getvalue())
    return Said(out.getvalue(), err.getvalue())


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WAYFOLD_")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Device:
    """A device in memory that joins and syncs over any HTTP client."""

    def __init__(self, client: Any, name: str, base: str = "") -> None:
        self.client, self.base = client, base
        self.key: SigningKey = key_of(name)
        self.name = name

    def ask_to_join(self, code: str, team: str | None = None, where: str = "acme/games/park") -> httpx.Response:
        body = {
            "code": code,
            "public_key": base64.b64encode(self.key.public_key).decode(),
            "team_name": team or self.name,
        }
        response: httpx.Response = self.client.post(f"{self.base}/api/v1/{where}/join", json=body)
        return response

    def join(self, code: str, team: str | None = None, where: str = "acme/games/park") -> Device:
        response = self.ask_to_join(code, team, where)
        assert response.status_code == 200, response.text
        self.answer = msgspec.json.decode(response.content, type=JoinAnswer)
        self.game = GameKey(self.answer.tenant, self.answer.game)
        self.audience = team_audience(self.answer.team)
        self.scope = scope_of(GAME, self.audience)
        self.stream = StreamKey(self.key.public_key, b"i" * 16, self.audience)
        self.log = MemoryLog(self.game, b"d" * 16, b"e" * 16, self.answer.root_key)
        self.log.append(Batch(statements=tuple(Statement(*pair) for pair in self.answer.statements)))
        self.path = f"{self.base}/sync/v1/{where.partition('/')[0]}/{self.answer.game.hex()}"
        return self

    def write(self, *payloads: bytes) -> None:
        identity = stream_id(self.stream)
        state = self.log.index.streams.get(identity)
        seq, previous = (state.branches[0].tip_seq, state.branches[0].tip) if state else (-1, ORIGIN)
        events = []
        for payload in payloads:
            event = seal(self.game, identity, seq + 1, previous, os.urandom(16), payload)
            events.append(event)
            seq, previous = event.seq, event.id
        self.log.append(Batch(own=(OwnEvents(self.stream, tuple(events)),)))

    def check_in(self, code: str, at_ms: int = START_MS + 120_000) -> None:
        number = CODES.index(code)
        lon_e7, lat_e7 = round(lon_of(number) * 1e7), round(LAT * 1e7)
        self.write(encode_action(CheckIn(Method.GPS, None, at_ms, number, lon_e7, lat_e7, 50)))

    def sync_signatures(self) -> None:
        """Sign what is not signed yet."""
        tails = run(sign_tails(self.log, self.key.public_key), lambda e: self.key.sign(e.message))  # type: ignore[union-attr]
        if tails:
            self.log.append(Batch(signatures=tails))

    def exchange(self, body: bytes) -> bytes:
        response = self.client.post(self.path, content=body, headers={"Content-Type": "application/x-wayfold"})
        assert response.status_code == 200, response.text
        content: bytes = response.content
        return content

    def sync(self, me: Initiating | None = None) -> Report:
        def answer(effect: Effect) -> object:
            if isinstance(effect, Exchange):
                return self.exchange(effect.body)
            if isinstance(effect, Sign):
                return self.key.sign(effect.message)
            if isinstance(effect, Verify):
                return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
            if isinstance(effect, Append):
                return self.log.append(effect.batch)
            assert isinstance(effect, Random)
            return os.urandom(effect.size)

        return run(initiate(self.log, me or Initiating(self.key.public_key, self.scope)), answer)


def edge_of(
    hq: ServedProcess | str, tmp_path: Path, code: str, name: str = "edge", every_s: float = 0.2
) -> ServedProcess:
    """A node of its own that becomes an edge of HQ's game once it is started."""
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    settings = tmp_path / f"{name}.toml"
    url = hq if isinstance(hq, str) else hq.url
    settings.write_text(f'upstreams = ["{url}"]\nupstream_every_s = {every_s}\nedge_code = "{code}"\n')
    return ServedProcess(folder, "--settings", str(settings))


def until(true: Callable[[], Any], within_s: float = 20.0) -> Any:
    """Wait for something, but not for ever; returns it."""
    deadline = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found

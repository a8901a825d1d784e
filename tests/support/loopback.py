"""A real node behind a real HTTP server on this machine: joins, packages and sessions, and ways to misbehave."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
from nodes import NONCE, ROOT_KEY, WORLD_GAME, Node, authority, authority_statement, state_of

from client_core.game.content import Package, encode_package, package_hash
from client_core.game.joining import PACKAGE_MEDIA_TYPE, SYNC_MEDIA_TYPE, JoinAnswer, JoinRequest
from client_core.game.publish import Draft, DraftCheckpoint, publish
from client_core.game.rules import compile_rules
from client_core.game.scoring import TeamResult, fold
from client_core.game.teams import Team, read_register
from client_core.game.timing import MassStart, TimeLimit
from client_core.team_log import game_events, team_events
from sync.responder import Responding, respond
from sync.statement import Enrolment, encode_claim
from sync.stream import ALL, GAME, scope_of, team_audience

HOUR_MS = 3_600_000
START_MS = 1_654_336_800_000  # 2022-06-04T10:00:00Z
LAT = 51.5
STEP_DEG = 0.0015  # 104 m of longitude at that latitude
CODES = ("A", "B", "C", "D", "FIN")
TEAMS = {"RED": (b"R" * 16, 1), "BLUE": (b"B" * 16, 2)}


def lon_of(number: int) -> float:
    """Where checkpoint `number` stands."""
    return -1.5 + number * STEP_DEG


DRAFT = Draft(
    name="Five in a row",
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
PACKAGE = publish(DRAFT)


class LoopbackNode:
    """`mode` makes it misbehave: html, json, redirect, slow, busy, problem, huge, garbage, cut."""

    def __init__(self, node: Node | None = None, package: Package = PACKAGE) -> None:
        self.node = node or authority()
        self.package, self.package_bytes = package, encode_package(package)
        self.mode = ""
        self.now_ms = START_MS
        self.upstreams: tuple[str, ...] = ()
        self.bodies: list[bytes] = []
        self.enrolments = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/acme/park"
        self.sync_url = f"{self.origin}/sync/v1/acme/park"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def join(self, request: JoinRequest) -> JoinAnswer | None:
        if request.code not in TEAMS:
            return None
        team, number = TEAMS[request.code]
        scope = scope_of(GAME, team_audience(team))
        enrolment = Enrolment(request.public_key, scope, self.enrolments)
        self.enrolments += 1
        body = encode_claim(WORLD_GAME, team_audience(team), self.node.key.public_key, enrolment)
        chain = (authority_statement(self.node.key), state_of(body, self.node.key))
        return JoinAnswer(
            tenant=WORLD_GAME.tenant,
            game=WORLD_GAME.game,
            team=team,
            team_number=number,
            team_name=request.team_name or request.code,
            root_key=ROOT_KEY.public_key,
            statements=tuple((statement.body, statement.signature) for statement in chain),
            package_hash=package_hash(self.package_bytes),
            upstreams=self.upstreams,
        )

    def respond(self, body: bytes) -> bytes:
        node = self.node
        with self._lock:
            self.bodies.append(body)
            me = Responding(node.key.public_key, self.now_ms, (NONCE,), node.level, ALL)
            return node.drive(respond(body, node.log, me))

    def result(self, code: str) -> TeamResult:
        """A team's result, folded from this node's own log."""
        team, number = TEAMS[code]
        rules = compile_rules(self.package)
        register = read_register(rules, game_events(self.node.log))
        return fold(rules, Team(team, number, code), team_events(self.node.log, team), register)


PORTAL = b"<html>Welcome to the Station Wi-Fi</html>"
DEEP = b'{"code":"x","team_name":"x","more":' + b"[" * 50_000
UNREADABLE = b'{"code":"\xff\xfe","tenant_slug":"\xff\xfe","team_name":"\xff\xfe"}'
CANNED: dict[str, tuple[int, str, bytes, dict[str, str]]] = {
    "html": (200, "text/html; charset=utf-8", PORTAL, {}),
    "json": (200, "application/json", b"{}", {}),
    "redirect": (302, "text/html", b"", {"Location": "http://portal.example/login"}),
    "gateway": (502, "text/html", b"<h1>Bad gateway</h1>", {}),
    "huge": (200, SYNC_MEDIA_TYPE, b"x" * (3 * 1024 * 1024), {}),
    "busy": (503, "application/problem+json", b'{"code":"busy","detail":"come back","retry_after_s":7}', {}),
    "deep_json": (200, "application/json", DEEP, {}),
    "unreadable_json": (200, "application/json", UNREADABLE, {}),
    "deep_problem": (404, "application/problem+json", DEEP, {}),
    "unreadable_problem": (404, "application/problem+json", UNREADABLE, {}),
    "problem": (404, "application/problem+json", b'{"code":"game_unknown","detail":"no such game"}', {}),
}


def _handler(node: LoopbackNode) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"node": node})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    node: LoopbackNode

    def do_GET(self) -> None:
        self._answer(200, PACKAGE_MEDIA_TYPE, self.node.package_bytes)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.node.mode in CANNED:
            status, media_type, canned, headers = CANNED[self.node.mode]
            self._answer(status, media_type, canned, **headers)
        elif self.node.mode:
            self._break_off(body)
        elif not self.path.endswith("/join"):
            self._answer(200, SYNC_MEDIA_TYPE, self.node.respond(body))
        elif answer := self.node.join(msgspec.json.decode(body, type=JoinRequest)):
            self._answer(200, "application/json", msgspec.json.encode(answer))
        else:
            self._answer(403, "application/problem+json", b'{"code":"join_code_unknown","detail":"no such code"}')

    def _break_off(self, body: bytes) -> None:
        """Answer nothing, something else, or only a part."""
        self.close_connection = True
        if self.node.mode == "slow":
            time.sleep(0.6)
        elif self.node.mode == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        else:
            self.send_response(200)
            self.send_header("Content-Type", SYNC_MEDIA_TYPE)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(self.node.respond(body)[:50])

    def _answer(self, status: int, media_type: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # devices of these tests go away in the middle
            self.close_connection = True

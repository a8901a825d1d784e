"""A user interface on CPython: makes calls of a bridge and answers what they ask, as a page with WebCrypto would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
from nodes import key_of

from client_core.bridge import CALLS, Bridge
from client_core.calls import Asked, Done, Failed, Home, Outcome, Position, Standing, Step
from client_core.clock import SteppedClock
from client_core.signing import SigningKey, verify
from client_core.transports.fetch import Fetch, Fetched


class CallFailed(Exception):
    """A call answered `Failed`."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(f"{failed.code}: {failed.detail}")
        self.code, self.detail = failed.code, failed.detail


class BridgedPlayer:
    """A device whose key is kept here, outside of the store."""

    def __init__(self, path: Path, now_ms: int, name: str = "phone") -> None:
        self.key: SigningKey = key_of(name)
        self.clock = SteppedClock(now_ms)
        self.bridge = Bridge(path, self.clock)
        self.online = True
        self.fetched: list[Fetch] = []
        self.before_answer: Callable[[Asked], None] = lambda _: None

    def close(self) -> None:
        self.bridge.close()

    def step(self, name: str, **asked: Any) -> Step:
        """The first step of a call."""
        return decode(self.bridge.call(name, msgspec.msgpack.encode(asked)))

    def call(self, name: str, **asked: Any) -> Any:
        """A call, with all that it asks answered; raises `CallFailed`."""
        step = self.step(name, **asked)
        while isinstance(step, Asked):
            self.before_answer(step)
            step = decode(self.bridge.resume(step.ticket, self.answer(step)))
        if isinstance(step, Failed):
            raise CallFailed(step)
        assert isinstance(step, Done)
        return msgspec.msgpack.decode(step.answer, type=CALLS[name].answered)

    def answer(self, asked: Asked) -> bytes:
        if asked.sign is not None:
            return msgspec.msgpack.encode(self.key.sign(asked.sign.message))
        if asked.verify is not None:
            good = [verify(c.public_key, c.message, c.signature) for c in asked.verify.checks]
            return msgspec.msgpack.encode(good)
        assert asked.fetch is not None
        return msgspec.msgpack.encode(self.fetch(asked.fetch))

    def fetch(self, fetch: Fetch) -> Fetched:
        self.fetched.append(fetch)
        if not self.online:
            return Fetched(failure="down")
        headers = {"Accept": fetch.accept} if fetch.accept else {}
        headers |= {"Content-Type": fetch.media_type} if fetch.media_type else {}
        try:
            said = httpx.request(
                fetch.method,
                fetch.url,
                content=fetch.body,
                headers=headers,
                timeout=fetch.timeout_ms / 1000,
                trust_env=False,
            )
        except httpx.TransportError:
            return Fetched(failure="down")
        if said.is_redirect:
            return Fetched(failure="redirect")
        return Fetched(
            said.status_code,
            said.reason_phrase,
            said.headers.get("content-type", ""),
            said.headers.get("retry-after"),
            said.content,
        )

    def join(self, url: str, code: str, team_name: str = "") -> Home:
        home: Home = self.call("join", url=url, code=code, public_key=self.key.public_key, team_name=team_name).home
        return home

    def now(self, fix: Position | None = None) -> Standing:
        found: Standing = self.call("now", at_ms=self.clock.now_ms(), fix=fix)
        return found

    def check_in(self, checkpoint: int, fix: Position) -> Outcome:
        found: Outcome = self.call("check_in", checkpoint=checkpoint, at_ms=fix.at_ms, fix=fix)
        return found


def decode(step: bytes) -> Step:
    found: Step = msgspec.msgpack.decode(step, type=Step)  # type: ignore[arg-type]
    return found

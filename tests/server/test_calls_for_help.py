"""A call for help on its way up: before everything else that waits at an edge, whoever holds the session."""

from __future__ import annotations

from pathlib import Path

import httpx
from loopback import START_MS, LoopbackNode
from served import Device, edge_code_of, edge_of, found_tenant, served, until, wayfold

from client_core.game.actions import Sos, encode_action
from sync.messages import Data
from sync.responder import read_body
from sync.stream import stream_id
from sync.transitions import State


def streams_in(body: bytes) -> set[bytes]:
    messages, _ = read_body(body, State.EXPECT_HELLO)
    return {stream_id(run.key) for message in messages if isinstance(message, Data) for run in message.runs}


def test_a_call_for_help_goes_up_before_anything_else(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    portal = LoopbackNode()  # serves another game: no session goes beyond what was said first
    with served(tmp_path / "hq") as hq, httpx.Client(trust_env=False, timeout=20) as http:
        edge = edge_of(hq, tmp_path, edge_code_of(tmp_path / "hq")).start()
        ann, bob = (Device(http, name, edge.url).join(code) for name in ("ann", "bob"))
        edge.stop()
        edge_of(portal.origin, tmp_path, "")
        edge.start()
        try:
            bob.check_in("A")
            bob.sync()
            ann.write(encode_action(Sos(START_MS, "ankle")))
            ann.sync()
            until(lambda: any(stream_id(ann.stream) in streams_in(body) for body in portal.bodies))
            assert not any(stream_id(bob.stream) in streams_in(body) for body in portal.bodies)
            portal.bodies.clear()
            wayfold("sync-now", "park", "--upstream", portal.origin, "--data", str(edge.folder))
            assert stream_id(ann.stream) in streams_in(portal.bodies[0])
        finally:
            edge.stop()
            portal.close()

"""Bytes of others that are no text, or nest without end, are told as what they are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from loopback import LoopbackNode
from nodes import WORLD_GAME, key_of

from server import upstream
from server.db.tenants import TenantFiles
from server.edges import become_edge
from server.open_game import delegated_key, enrolled_key
from server.upstream import UpstreamError
from sync.statement import ENROLMENT, Claim, Enrolment
from sync.stream import ALL, GAME

MODES = ("deep_json", "unreadable_json", "deep_problem", "unreadable_problem")


@pytest.mark.parametrize("mode", MODES)
def test_a_registration_that_does_not_decode_makes_no_edge(tmp_path: Path, mode: str) -> None:
    portal = LoopbackNode()
    portal.mode = mode
    tenants = TenantFiles(tmp_path)
    try:
        with pytest.raises(UpstreamError):
            asyncio.run(become_edge(tenants, portal.origin, "acme/park/CODE-CODE", 0))
        assert tenants.slugs() == []
    finally:
        tenants.close()
        portal.close()


@pytest.mark.parametrize("mode", MODES)
def test_an_exchange_that_is_answered_so_fails_as_an_upstreams_fault(mode: str) -> None:
    async def exchange() -> None:
        async with upstream.client() as http:
            await upstream.exchange(http, portal.sync_url, b"hello")

    portal = LoopbackNode()
    portal.mode = mode
    try:
        with pytest.raises(UpstreamError):
            asyncio.run(exchange())
    finally:
        portal.close()


@pytest.mark.parametrize("depth", [100, 1_100, 1_900])
def test_a_record_that_nests_without_end_names_nobody_or_its_key(depth: int) -> None:
    record = msgspec.msgpack.encode(Enrolment(key_of("d").public_key, ALL, 0))
    deep = bytes((record[0] + 1,)) + record[1:] + b"\x91" * depth + b"\xc0"
    claim = Claim(ENROLMENT, WORLD_GAME.tenant, WORLD_GAME.game, GAME, key_of("x").public_key, deep)
    assert enrolled_key(claim) in {None, key_of("d").public_key}
    assert delegated_key(claim) in {None, key_of("d").public_key}

"""Whatever answers in HQ's place: an edge stays up and small, says what is wrong, and goes on when HQ is back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from served import Device, ServedProcess, edge_code_of, found_tenant, opened, served, until

from sync.stream import stream_id
from tests.processes.faulty_link import CANNED, CLEAN, FaultyLink
from tests.processes.fleet import Device as RealDevice
from tests.processes.test_strangers import memory_mib

KINDS = ["refuse", "cut the request", "cut the answer", "flip a bit down", "endless", *CANNED]
WITHIN_S = 60.0


def upstream_of(edge: ServedProcess) -> dict[str, Any]:
    found: dict[str, Any] = edge.health()["upstreams"][0]
    return found


def test_an_edge_outlives_every_answer_and_brings_all_events_up(tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq, httpx.Client(trust_env=False, timeout=30) as client:
        link = FaultyLink(hq.port, seed=1)
        settings = tmp_path / "edge.toml"
        edge_code = edge_code_of(tmp_path / "hq")
        settings.write_text(f'upstreams = ["{link.url}"]\nupstream_every_s = 0.2\nedge_code = "{edge_code}"\n')
        (tmp_path / "edge").mkdir()
        with served(tmp_path / "edge", "--settings", str(settings)) as edge:
            device = Device(client, "ann", edge.url).join(code, "Foxes")
            before = memory_mib(edge)
            for number, kind in enumerate(KINDS):
                link.become({kind: 1})
                device.check_in("ABCD"[number % 4], at_ms=1_654_336_920_000 + number)
                assert device.sync().converged, kind
                met = link.met[kind]
                until(lambda met=met, kind=kind: link.met[kind] > met, WITHIN_S)
                assert edge.process.poll() is None, kind
            link.become({"500": 1})
            until(lambda: upstream_of(edge)["state"] != "ok", WITHIN_S)
            assert upstream_of(edge)["detail"]
            assert memory_mib(edge) < before + 60
            link.become(CLEAN)
            until(
                lambda: upstream_of(edge)["state"] == "ok" and held_at(tmp_path / "hq", device) == len(KINDS), WITHIN_S
            )
        link.close()


def held_at(folder: Path, device: Device) -> int:
    """How many of the device's events a node's file holds."""
    with opened(folder) as game:
        state = game.log.index.streams.get(stream_id(device.stream))
        return sum(b.tip_seq - b.first_seq + 1 for b in state.branches) if state else 0


@pytest.mark.parametrize("kind", ["html", "nothing", "endless"])
def test_a_device_says_what_answered_instead_of_its_node_and_keeps_what_it_has(kind: str, tmp_path: Path) -> None:
    code = found_tenant(tmp_path / "hq")
    with served(tmp_path / "hq") as hq:
        link = FaultyLink(hq.port, seed=2)
        device = RealDevice("ann", tmp_path, seed=3)
        device.join(f"{link.url}/acme/park", code)
        at = ("--lat", "51.5", "--lon", "-1.5", "--accuracy", "5", "--at", "1654336920000")
        assert device.run("check-in", "A", *at).code == 0
        link.become({kind: 1})
        ran = device.run("sync", "--timeout", "5")
        assert ran.code == 5
        assert ran.stderr.startswith("wayfold: ")
        assert "Traceback" not in ran.stderr
        assert device.status()["unsent"] == 1
        link.become(CLEAN)
        assert device.run("sync").code == 0
        assert device.status()["safe"] == 1
        link.close()

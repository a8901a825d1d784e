"""A photo that a device gave to the edge reaches HQ, through outages and beside events."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx
import pytest
from loopback import START_MS
from served import Device, ServedProcess, found_tenant, served, wayfold

from client_core.game.actions import Photo, encode_action
from client_core.game.pictures import blob_hash
from server.blobs import BlobFolder

PICTURE = b"\xff\xd8\xff\xe0" + os.urandom(300_000)
NAME = blob_hash(PICTURE)


def arrives(folder: Path, within_s: float = 20.0) -> bool:
    """Whether HQ comes to hold the photo whole."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if BlobFolder(folder / "tenants", "acme").read(NAME) == PICTURE:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("hq_is_away", [False, True])
def test_a_photo_goes_from_the_edge_to_hq(tmp_path: Path, hq_is_away: bool) -> None:
    hq_folder, edge_folder = tmp_path / "hq", tmp_path / "edge"
    code = found_tenant(hq_folder)
    edge_code = wayfold("edge-code", "park", "--data", str(hq_folder)).stdout.split()[0]
    hq = ServedProcess(hq_folder).start()
    settings = tmp_path / "edge.toml"
    settings.write_text(f'upstreams = ["{hq.url}"]\nupstream_every_s = 0.3\nedge_code = "{edge_code}"\n')
    edge_folder.mkdir()
    try:
        with served(edge_folder, "--settings", str(settings)) as edge, httpx.Client(trust_env=False) as client:
            device = Device(client, "Owls", edge.url).join(code)
            if hq_is_away:
                hq.kill()
            device.write(encode_action(Photo(START_MS, 0, NAME, len(PICTURE))))
            device.sync()
            address = f"{edge.url}/blob/v1/acme/park/{NAME.hex()}"
            assert client.post(address, content=PICTURE).json() == {"held": len(PICTURE), "whole": True}
            if hq_is_away:
                assert not arrives(hq_folder, 1.0)
                hq.start()
            assert arrives(hq_folder)
    finally:
        hq.stop()

"""An origin is a store: the app stays on the one it joined at, and syncs with another node while that is dead."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from phones import NewPhone
from playable import LAT, found_game, lon_of
from served import WAYFOLD, ServedProcess, clean_environment, free_port, wayfold


def test_an_app_from_its_cache_syncs_with_an_edge_on_another_origin_while_its_own_server_is_dead(
    new_phone: NewPhone, player_app: None, tmp_path: Path
) -> None:
    code = found_game(tmp_path / "hq")
    edge_port = free_port()
    hq = ServedProcess(tmp_path / "hq", "--edge-url", f"http://127.0.0.1:{edge_port}").start()
    edge_code = json.loads(wayfold("edge-code", "park", "--json", "--data", str(tmp_path / "hq")).stdout)["edge_code"]
    edge = ServedProcess(tmp_path / "edge", "--upstream", hq.url, "--edge-code", edge_code, port=edge_port)
    try:
        phone = new_phone("ann", hq.url).open()
        phone.stand_at(lon_of("A"), LAT)
        phone.join("acme/park", code, "Foxes")
        phone.ready_for_offline()
        phone.allow_position()
        edge.start()
        hq.kill()
        assert phone.check_in_here("A").startswith("Counts")
        phone.tab("Help")
        phone.page.get_by_role("button", name="Send now").click()
        phone.wait_ticks("with a server on its way")
        assert edge.standings_of_first()["score"] == 10
        hq.start()
        relay = ("sync-now", "acme/park", "--data", str(tmp_path / "edge"), "--upstream", hq.url)
        subprocess.run([*WAYFOLD, *relay], check=True, env=clean_environment())  # a loop runs in this process already
        assert hq.standings_of_first()["score"] == 10
    finally:
        edge.stop()
        hq.stop()


def test_an_address_that_the_node_did_not_name_is_refused_by_the_policy(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("eve", hq.url).open()
    with pytest.raises(Exception, match="Failed to fetch"):
        phone.page.evaluate("fetch('http://127.0.0.1:9/')")
    assert [fault for fault in phone.faults if "connect-src" in fault]
    phone.faults.clear()

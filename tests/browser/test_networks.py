"""An app from its cache, its own server dead, at an edge on another origin: by https, and by http where allowed.

Certificates here sign themselves; Chromium takes them by the hashes of their keys, and then they are as good as others:
a service worker, storage, positions. A private address is one that the browser resolves to this machine and counts to
the local network; the app's own origin it counts to the public one, as it would an app from the internet.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from certificates import SecureProcess, key_hash, write_certificate
from phones import WAIT_MS, NewPhone, Phone
from playable import LAT, found_game, lon_of
from playwright.sync_api import expect
from served import WAYFOLD, ServedProcess, clean_environment, free_port, wayfold

NOT_ASKED_YET = "denied for this request to access the `local` address space"
"""What the browser's console says of each try to send before the player was asked."""

SAY = """
async (texts) => {
  const { record } = await import(document.querySelector("script[src$='main.js']").src.replace("main.js", "acting.js"));
  for (const text of texts) {
    await record("say", { text, at_ms: Date.now() });
    await new Promise((goOn) => setTimeout(goOn, 600));
  }
}
"""
"""Write to staff, and again as soon as a session would have been tried."""

VENUE = "10.77.0.1"
"""An address of a venue's network; nothing has to answer there but what the browser is told."""


def joined_and_killed(phone: Phone, code: str) -> None:
    """Join, get ready, and end the browser."""
    phone.open()
    phone.stand_at(lon_of("A"), LAT)
    phone.join("acme/park", code, "Foxes")
    phone.ready_for_offline()
    phone.kill()


def check_in_and_send(phone: Phone) -> None:
    phone.stand_at(lon_of("A"), LAT)
    phone.allow_position()
    assert phone.check_in_here("A").startswith("Counts")
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()


def allow_the_local_network(phone: Phone) -> None:
    """What waited still waits, because nobody was asked yet; then the player allows it."""
    expect(phone.page.get_by_text("Not sent yet. The server is not reached.")).to_be_visible(timeout=WAIT_MS)
    phone.wait_ticks("1 entry only on this phone")
    assert [fault for fault in phone.faults if NOT_ASKED_YET in fault]
    phone.context.grant_permissions(["geolocation", "local-network-access"], origin=phone.url)
    phone.page.get_by_role("button", name="Send now").click()


def relay(edge: ServedProcess, hq: ServedProcess) -> None:
    command = ("sync-now", "acme/park", "--data", str(edge.folder), "--upstream", hq.url)
    subprocess.run([*WAYFOLD, *command], check=True, env=clean_environment(), capture_output=True)


def test_who_plays_without_a_server_is_not_kept_waiting_by_tries(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url).open()
    phone.join("acme/park", hq.code, "Foxes")
    phone.wait_ticks("all safe")
    hq.kill()
    tries: list[str] = []
    phone.page.on("request", lambda asked: tries.append(asked.url) if "/sync/v1/" in asked.url else None)
    phone.page.evaluate(SAY, [f"Word {n}" for n in range(6)])
    phone.wait_ticks("6 entries only on this phone")
    assert len(tries) <= 2  # the second where the timer came just then
    until = time.monotonic() + WAIT_MS / 1000
    while not tries and time.monotonic() < until:  # the first may be a session on its way as the server died
        phone.page.wait_for_timeout(200)
    assert tries, "what waits is never tried again"
    hq.start()
    phone.tab("Help")
    phone.page.get_by_role("button", name="Send now").click()
    phone.wait_ticks("all safe")


@pytest.mark.parametrize("way", ["https", "http"])
def test_an_app_from_its_cache_syncs_with_an_edge_while_its_own_server_is_dead(
    new_phone: NewPhone, player_app: None, tmp_path: Path, way: str
) -> None:
    code = found_game(tmp_path / "hq")
    pair = write_certificate(tmp_path)
    edge_port = free_port()
    told = f"https://127.0.0.1:{edge_port}" if way == "https" else f"http://{VENUE}:{edge_port}"
    home = SecureProcess(tmp_path / "hq", pair, "--edge-url", told)
    backstage = ServedProcess(tmp_path / "hq")  # edges go by another door: they trust no such certificate
    said = wayfold("edge-code", "park", "--json", "--data", str(tmp_path / "hq")).stdout
    words = ("--upstream", backstage.url, "--edge-code", json.loads(said)["edge_code"])
    edge: ServedProcess = (
        SecureProcess(tmp_path / "edge", pair, *words, port=edge_port)
        if way == "https"
        else ServedProcess(tmp_path / "edge", *words, port=edge_port)
    )
    try:
        home.start()
        phone = new_phone("ann", home.url)
        phone.trusts = key_hash(pair[0])
        if way == "http":
            phone.more_flags = (
                f"--host-resolver-rules=MAP {VENUE} 127.0.0.1",
                f"--ip-address-space-overrides=127.0.0.1:{home.port}=public,127.0.0.1:{edge_port}=local",
            )
        joined_and_killed(phone, code)
        home.kill()
        backstage.start()
        edge.start()
        backstage.kill()
        phone.open()
        check_in_and_send(phone)
        if way == "http":
            allow_the_local_network(phone)
        phone.wait_ticks("with a server on its way")
        phone.faults[:] = [fault for fault in phone.faults if NOT_ASKED_YET not in fault]
        assert edge.standings_of_first()["score"] == 10
        backstage.start()
        relay(edge, backstage)
        assert backstage.standings_of_first()["score"] == 10
    finally:
        for node in (edge, home, backstage):
            if hasattr(node, "process"):
                node.stop()

"""A node that speaks https by itself, and what it says of certificates it cannot use."""

from __future__ import annotations

import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from certificates import write_certificate
from served import WAYFOLD, clean_environment, found_tenant, free_port, wayfold

from server.settings import load_settings


@pytest.mark.parametrize("in_one_file", [False, True])
def test_a_node_speaks_https_with_its_certificate(tmp_path: Path, in_one_file: bool) -> None:
    found_tenant(tmp_path / "hq")
    certificate, key = write_certificate(tmp_path)
    if in_one_file:
        certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    port = free_port()
    words = ["--certificate", str(certificate), *([] if in_one_file else ["--certificate-key", str(key)])]
    command = [*WAYFOLD, "serve", "--data", str(tmp_path / "hq"), "--port", str(port), *words]
    node = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean_environment())
    try:
        assert node.stdout is not None
        assert f"serves https://127.0.0.1:{port}" in node.stdout.readline()
        trusting = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(verify=trusting, trust_env=False) as client:
            deadline = time.monotonic() + 20
            while True:
                try:
                    answer = client.get(f"https://127.0.0.1:{port}/health")
                    break
                except httpx.ConnectError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
        assert answer.json()["status"] == "ok"
    finally:
        node.terminate()
        node.communicate(timeout=20)


def test_a_certificate_that_cannot_be_used_is_said_before_anything_listens(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    _, other = write_certificate(tmp_path, "other")
    (tmp_path / "text.pem").write_text("hello")
    found_tenant(tmp_path / "hq")
    for words, says in (
        (("--certificate", str(certificate)), "no PEM with certificate and key"),
        (("--certificate", str(certificate), "--certificate-key", str(other)), "its key does not belong to it"),
        (("--certificate", str(tmp_path / "text.pem"), "--certificate-key", str(key)), "no PEM"),
        (("--certificate", str(tmp_path / "none.pem")), "cannot be read"),
        (("--certificate-key", str(key)), "give --certificate too"),
    ):
        said = wayfold("serve", "--data", str(tmp_path / "hq"), "--port", "0", *words, code=3)
        assert says in said.stderr, said


def test_devices_are_told_the_address_that_the_certificate_is_for(tmp_path: Path) -> None:
    settings = load_settings({"certificate": "venue.pem", "host": "venue.example", "port": 443}, environment={})
    assert settings.url == "https://venue.example:443"

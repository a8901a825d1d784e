"""The guide's commands, typed as they stand on the page by somebody in an empty folder."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from served import clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "guides" / "run-a-game.md"
CONTROLS = ROOT / "server" / "demo" / "data" / "highfield-2022" / "controls.geojson"
PROGRAMS = {
    "wayfold": (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())"),
    "python": (sys.executable,),
    "curl": ("curl", "--silent", "--show-error", "--fail", "--noproxy", "*"),
}


class Newcomer:
    """Types lines in a folder, puts in what earlier lines said, and leaves servers running."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"8000": str(free_port()), "8001": str(free_port())}
        self.codes: dict[str, str] = {}
        self.servers: list[subprocess.Popen[bytes]] = []
        # As a clone has it after `make setup`: importable from anywhere.
        self.environment = clean_environment() | {"PYTHONPATH": str(ROOT)}

    def type(self, line: str) -> str:
        for name, port in self.ports.items():
            line = line.replace(f":{name}", f":{port}").replace(f"--port {name}", f"--port {port}")
        for placeholder, code in self.codes.items():
            line = line.replace(placeholder, code)
        line = re.sub(r"//(HOST|HQ)\b", "//127.0.0.1", line)
        program, *arguments = shlex.split(line, comments=True)
        command = [*PROGRAMS[program], *arguments]
        if arguments[0] == "serve":
            return self.serve(command, arguments[arguments.index("--port") + 1])
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if "join-code" in arguments:
            self.codes["ABCD-EFGH"] = done.stdout.split()[0]
        if "edge-code" in arguments:
            self.codes["acme/park/CODE"] = done.stdout.split()[0]
        return done.stdout

    def serve(self, command: list[str], port: str) -> str:
        with (self.folder / f"{port}.log").open("ab") as log:
            self.servers.append(
                subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.servers[-1].poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success:
                    return ""
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError((self.folder / f"{port}.log").read_text())


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    shutil.copy(CONTROLS, tmp_path / "park.geojson")
    someone = Newcomer(tmp_path)
    try:
        yield someone
    finally:
        for server in someone.servers:
            server.terminate()
        for server in someone.servers:
            server.wait(20)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide hands a file in with curl")
def test_the_guides_commands_lead_from_an_empty_folder_to_the_leaderboard(newcomer: Newcomer) -> None:
    blocks = re.findall(r"^```\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    said = {line: newcomer.type(line) for line in lines}
    assert len(said) >= 18
    standings = next(text for line, text in said.items() if line.startswith("wayfold standings"))
    assert ",Foxes,10,10,0," in standings
    explained = next(text for line, text in said.items() if line.startswith("wayfold explain"))
    assert "10 points - 0 penalties = 10" in explained
    page = httpx.get(f"http://127.0.0.1:{newcomer.ports['8000']}/acme/park", trust_env=False)
    assert "Foxes" in page.text
    assert (newcomer.folder / "edge" / "tenants").is_dir()

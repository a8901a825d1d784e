"""Somebody who has only a page of the guide: types its commands as they stand, in an empty folder."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import httpx
from served import clean_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {
    "wayfold": (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())"),
    "python": (sys.executable,),
    "curl": ("curl", "--silent", "--show-error", "--fail", "--noproxy", "*"),
}


def commands_of(page: Path) -> list[str]:
    """The lines of a page's blocks of commands, in their order: those that name no language."""
    return [line for block in blocks_of(page, "") for line in block.splitlines() if line.strip()]


def blocks_of(page: Path, language: str) -> list[str]:
    """The page's blocks of a language, such as csv."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [block for named, block in found if named == language]


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
        """Type one line; what it printed."""
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
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if "join-code" in arguments:
            self.codes["ABCD-EFGH"] = done.stdout.split()[0]
        if "edge-code" in arguments:
            self.codes["acme/park/CODE"] = done.stdout.split()[0]
        return done.stdout

    def serve(self, command: list[str], port: str) -> str:
        """Start a server, and wait until it answers."""
        with (self.folder / f"{port}.log").open("ab") as log:
            self.servers.append(
                subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.servers[-1].poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success:
                    return ""
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError((self.folder / f"{port}.log").read_text())

    def leave(self) -> None:
        """End the servers."""
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.wait(20)
        self.servers.clear()

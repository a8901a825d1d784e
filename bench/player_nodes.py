"""The nodes of the player's bench: one with a game and the app, one whose app starts Python and nothing else.

Both are `wayfold serve`, each in a process of its own, with a copy of the built
set, so that a build meanwhile disturbs nothing. The bare one differs in two
files (`bench/bare`), and its page names no modules beside them.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from client_core.game.challenges import Challenge, Form, Judged
from client_core.game.checkpoints import Method
from client_core.game.publish import Draft, DraftCheckpoint
from client_core.game.timing import MassStart
from server.db.tenants import TenantFiles
from server.games import publish_draft, save_draft
from server.join_codes import add_join_code
from server.open_game import OpenGame
from server.tenancy import new_tenant

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "server" / "web" / "assets"
BARE = Path(__file__).parent / "bare"
CHECKPOINTS, PHOTOS = 900, 50
HOUR_MS = 3_600_000
START_S_MAX = 30
SERVE = """
import sys
from pathlib import Path
import server.player_app
from server.entry import main
assets = Path(sys.argv.pop(1))
server.player_app.folder = lambda: assets
raise SystemExit(main())
"""


class AppNode:
    """`wayfold serve` with a set of its own. It ends with the `with` block, or when `kill` says so."""

    def __init__(self, folder: Path, assets: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder, self.assets = folder, assets

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        command = (sys.executable, "-c", SERVE, str(self.assets), "serve", "--data", str(self.folder))
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen((*command, "--port", str(self.port)), cwd=ROOT, **quiet)
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health").close()
            except OSError:
                assert time.monotonic() < deadline, "the node did not start"
                assert self.process.poll() is None, "the node ended"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def transferred_bytes(self, path: str) -> int:
        """How many bytes a file takes on its way to a browser that takes brotli."""
        asked = urllib.request.Request(f"{self.url}{path}", headers={"Accept-Encoding": "br"})
        with urllib.request.urlopen(asked) as answer:
            return len(answer.read())


def built() -> dict[str, Any]:
    """Build the app with brotli where it is not; what it consists of. Raises where it cannot be built here."""
    command = (sys.executable, str(ROOT / ".ci" / "player" / "build.py"), "--brotli")
    subprocess.run((*command, *(() if next(ASSETS.rglob("*.br"), None) else ("--force",))), check=True)
    described: dict[str, Any] = json.loads((ASSETS / "set.json").read_text())
    return described


def copy_sets(folder: Path, stamp: str) -> tuple[Path, Path]:
    """The built set, and the same with nothing of ours in its worker."""
    app, bare = folder / "app", folder / "bare"
    for copy in (app, bare):
        shutil.copytree(ASSETS, copy)
    for name, source in (("main.js", "main.js"), ("worker/worker.js", "worker.js")):
        shutil.copy(BARE / source, bare / stamp / name)
        (bare / stamp / f"{name}.br").unlink(missing_ok=True)
    page = bare / "index.html"
    lines = page.read_text("utf-8").splitlines()
    kept = [line for line in lines if "modulepreload" not in line and "early.js" not in line]
    page.write_text("\n".join(kept), "utf-8")
    (bare / "index.html.br").unlink(missing_ok=True)
    return app, bare


def found_game(folder: Path) -> str:
    """The game `acme/bench`: checkpoints by code in rows 40 m apart, and tasks for photos; a join code."""
    now_ms = time.time_ns() // 1_000_000
    side = 30
    places = tuple(
        DraftCheckpoint(code=f"C{n}", points=10, at=(11.25 + n % side * 5e-4, 43.77 + n // side * 4e-4), radius_m=15)
        for n in range(CHECKPOINTS)
    )
    tasks = tuple(
        Challenge(f"P{n}", f"Photo {n}", "Show it", None, Form.PHOTO, Judged(automatic=True), 5) for n in range(PHOTOS)
    )
    draft = Draft(
        name="A long day",
        time_zone="Europe/Rome",
        opens_at_ms=now_ms - HOUR_MS,
        closes_at_ms=now_ms + 20 * HOUR_MS,
        start=MassStart(now_ms - HOUR_MS),
        methods=(Method.GPS, Method.CODE),
        checkpoints=places,
        challenges=tasks,
    )
    tenants = TenantFiles(folder)
    tenants.add(new_tenant("acme", "Acme", now_ms))
    with tenants.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "bench", draft, now_ms)
        row = publish_draft(file, file.tenant, "bench", now_ms)
        game = OpenGame(file, file.tenant, row)
        code = add_join_code(game.log, game.key, None, 1_000, now_ms).code
    tenants.close()
    return code

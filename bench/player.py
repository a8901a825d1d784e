"""The player's app in Chromium: what a first visit loads, how long starts and check-ins take, and what memory.

Starts are held against a bare start of the same trimmed Python in the same
browser, served alike; check-ins against a bare durable commit in the same kind
of store. All of it takes turns, so that a slow moment of the machine hits all.
A quarter of the speed is the whole browser halted three quarters of the time:
CDP's throttle slows the page but not its worker.
"""

from __future__ import annotations

import base64
import json
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from bench.player_browser import CHROMIUM, SETTLE_S, Browser
from bench.player_nodes import PHOTOS, AppNode, built, copy_sets, found_game
from bench.table import Row, show

MB = 1_000_000
MAP_LIBRARY = ("vendor/maplibre", "vendor/pmtiles", "vendor/fflate")
COLD_RUNS, OFFLINE_RUNS, QUARTER_RUNS, MEMORY_RUNS = 7, 9, 2, 3
BLOCKS, BLOCK, QUARTER_BLOCK = 5, 20, 60
CHECK_INS_ABOARD = 500
PHOTO_SIDE_PX = 320
"""Drawn noise that no packing makes smaller: 0.3 MB, as a photo of 1600 pixels."""
FIRST_MB_MAX, MAP_MB_MAX = 5.0, 0.5
COLD_RATIO_MAX, OFFLINE_RATIO_MAX, SHELL_MS_MAX = 1.6, 1.5, 1_000
SAVED_RATIO_MAX, SAVED_QUARTER_MS_MAX, ABOARD_RATIO_MAX = 4.0, 50.0, 1.5
RENDERER_MB_MAX, RENDERER_WITH_MAP_MB_MAX = 120.0, 300.0

DRAWN = """new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"""
"""A tap comes when the page has drawn what the last one came to."""
CHECK_IN = f"""
async ([base, first, count]) => {{
  const [game, acting] = await Promise.all([import(base + "game.js"), import(base + "acting.js")]);
  const took = [];
  for (let n = first; n < first + count; n += 1) {{
    game.told.value = null;
    await {DRAWN};
    const began = performance.now();
    const done = acting.checkIn(n, `C${{n}}`);
    const saved = await new Promise((resolve) => {{
      const stop = game.told.subscribe((said) => said && resolve(performance.now()));
      done.then(() => stop());
    }});
    took.push({{ saved: saved - began, ...game.held().spent }});
    await done;
    if (game.told.value?.kind !== "good") throw new Error(`check-in ${{n}}: ${{game.told.value?.text}}`);
    await {DRAWN};
  }}
  return took;
}}
"""
PHOTO = """
async ([base, challenge, content]) => {
  const [game, acting] = await Promise.all([import(base + "game.js"), import(base + "acting.js")]);
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const outcome = await acting.photo(challenge, bytes);
  if (!outcome?.kept) throw new Error(`photo ${challenge}: ${game.told.value?.text}`);
}
"""
BARE_COMMIT = f"""
async (count) => {{
  const took = [];
  for (let n = 0; n < count; n += 1) {{
    const began = performance.now();
    await window.bareCommit();
    took.push(performance.now() - began);
    await {DRAWN};
  }}
  return took;
}}
"""
STAGES = {
    "thereMs": "on the way to the worker",
    "pythonMs": "judging, sealing, commit in Python",
    "diskMs": "until the disk has it",
    "backMs": "on the way back",
}
"""Where a check-in's time goes, by the names of `Core.spent` in server/web/player/calls.js."""


def rows() -> list[Row]:
    """All of it; nothing where there is no Chromium."""
    if CHROMIUM is None:
        print("no Chromium here: the player's app is not measured", file=sys.stderr)
        return []
    stamp = built()["stamp"]
    with (
        tempfile.TemporaryDirectory(prefix="wayfold-bench-", ignore_cleanup_errors=True) as name,
        sync_playwright() as playwright,
    ):
        folder = Path(name)
        app, bare = copy_sets(folder, stamp)
        code = found_game(folder / "hq")
        with AppNode(folder / "hq", app) as node, AppNode(folder / "none", bare) as nothing:
            bench = _Bench(playwright, folder, stamp, node, nothing)
            found: list[Row] = []
            for part in (bench.sizes, bench.memory, lambda: bench.cold(code), lambda: bench.offline(code)):
                measured = part()
                print(show(measured), file=sys.stderr, flush=True)  # all of it takes minutes
                found += measured
            return found


class _Bench:
    """What all parts need: the browser, the two nodes, and a place for profiles."""

    def __init__(self, playwright: Playwright, folder: Path, stamp: str, node: AppNode, bare: AppNode) -> None:
        self.playwright, self.folder, self.stamp, self.node, self.bare = playwright, folder, stamp, node, bare
        self.base = f"/play/set/{stamp}/"

    def open(self, name: str) -> Browser:
        return Browser(self.playwright, self.folder / name)

    def sizes(self) -> list[Row]:
        """Bytes that travel to a browser on its first visit."""
        files = json.loads((self.node.assets / "set.json").read_text())["files"]
        sizes = {name: self.node.transferred_bytes(self.base + name) for name in files}
        library = sum(size for name, size in sizes.items() if name.startswith(MAP_LIBRARY)) / MB
        beside = sum(self.node.transferred_bytes(path) for path in ("/play/", "/play/service-worker.js"))
        first = (sum(sizes.values()) + beside) / MB - library
        return [
            _held("app: first load with brotli, QR scanner included", first, "MB", FIRST_MB_MAX),
            _held("app: the map library beside it", library, "MB", MAP_MB_MAX),
        ]

    # --- Starts ---

    def cold(self, code: str) -> list[Row]:
        """Starts of profiles that have never been here."""
        play = f"{self.node.url}/play/#acme/bench/{code}"
        bare, app, shell = [], [], []
        for run in range(COLD_RUNS):
            bare.append(self._once(f"bare-{run}", f"{self.bare.url}/play/")["ready"])
            marks = self._once(f"app-{run}", play)
            app.append(marks["ready"])
            shell.append(marks["shell"])
        slow = [self._once(f"slow-{run}", play, quarter=True)["ready"] for run in range(QUARTER_RUNS)]
        limit, value = statistics.median(bare), statistics.median(app)
        return [
            _held("app: shell on screen, cold", statistics.median(shell), "ms", SHELL_MS_MAX),
            _against("app: ready, cold", value, limit, COLD_RATIO_MAX, "a bare start"),
            Row("the same: a bare start of its Python", limit, "ms"),
            Row("the same at a quarter of the speed", statistics.median(slow), "ms"),
        ]

    def _once(self, name: str, url: str, *, quarter: bool = False) -> dict[str, float]:
        """One start of a new profile, which is thrown away."""
        browser = self.open(name)
        time.sleep(SETTLE_S)  # a browser that was opened a moment ago is busy with itself
        try:
            if quarter:
                with browser.at_a_quarter():
                    return browser.start(url)
            return browser.start(url)
        finally:
            browser.close()
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def _joined(self, name: str, game: str, code: str) -> Browser:
        """A phone that joined and is ready for offline."""
        browser = self.open(name)
        browser.start(f"{self.node.url}/play/#acme/{game}/{code}")
        browser.page.locator("input[name=team]").fill(name)
        browser.page.locator("button[type=submit]").first.click()
        browser.page.locator("#offline-ready[data-ready=true]").wait_for()
        return browser

    def offline(self, code: str) -> list[Row]:
        """Starts and check-ins without a network: an empty store, a full one, and the bare ones."""
        empty, full = self._joined("empty", "bench", code), self._joined("full", "bench", code)
        bare = self.open("bare")
        bare.start(f"{self.bare.url}/play/")
        bare.wait_until_kept()
        self.node.kill()
        self.bare.kill()
        self._fill(full)
        found = self._check_ins(empty, full, bare) + self._starts(empty, full, bare)
        for browser in (empty, full, bare):
            browser.close()
        return found

    def _starts(self, empty: Browser, full: Browser, bare: Browser) -> list[Row]:
        browsers = {"bare": bare, "empty": empty, "full": full}
        took: dict[str, list[float]] = {name: [] for name in browsers}
        for _ in range(OFFLINE_RUNS):
            for name, browser in browsers.items():
                url = (self.bare if browser is bare else self.node).url
                took[name].append(browser.start(f"{url}/play/")["ready"])
        with empty.at_a_quarter():
            slow = [empty.start(f"{self.node.url}/play/")["ready"] for _ in range(QUARTER_RUNS)]
        limit, value, aboard = (statistics.median(took[name]) for name in browsers)
        return [
            _against("app: ready, offline", value, limit, OFFLINE_RATIO_MAX, "a bare start"),
            Row("the same: a bare start of its Python", limit, "ms"),
            Row("the same at a quarter of the speed", statistics.median(slow), "ms"),
            _against(
                f"app: ready with {CHECK_INS_ABOARD} check-ins and {PHOTOS} photos",
                *(aboard, value, ABOARD_RATIO_MAX, "an empty store"),
            ),
        ]

    # --- Check-ins ---

    def _fill(self, full: Browser) -> None:
        """The check-ins and photos of a long day."""
        full.page.evaluate(CHECK_IN, [self.base, 0, CHECK_INS_ABOARD])
        rolls = random.Random(PHOTOS)
        for number in range(PHOTOS):
            content = base64.b64encode(_noise(rolls)).decode()
            full.page.evaluate(PHOTO, [self.base, number, content])

    def _check_ins(self, empty: Browser, full: Browser, bare: Browser) -> list[Row]:
        first: list[dict[str, float]] = []
        later, commits = [], []
        for block in range(BLOCKS):
            commits += bare.page.evaluate(BARE_COMMIT, BLOCK)
            first += empty.page.evaluate(CHECK_IN, [self.base, block * BLOCK, BLOCK])
            later += full.page.evaluate(CHECK_IN, [self.base, CHECK_INS_ABOARD + block * BLOCK, BLOCK])
        free = empty.loop_ms()
        with empty.at_a_quarter():
            slow = empty.page.evaluate(CHECK_IN, [self.base, BLOCKS * BLOCK, QUARTER_BLOCK])
            halted = empty.loop_ms()
        limit, value, aboard = _p95(commits), _p95(_saved(first)), _p95(_saved(later))
        return [
            _against('app: tap to "saved", p95', value, limit, SAVED_RATIO_MAX, "a bare commit's"),
            Row("the same: p50", statistics.median(_saved(first)), "ms"),
            *(Row(f"the same, {words}: p50", _median(first, name), "ms") for name, words in STAGES.items()),
            Row("the same: a bare commit in the same store, p95", limit, "ms"),
            Row("the same: a bare commit in the same store, p50", statistics.median(commits), "ms"),
            _held('app: tap to "saved" at a quarter of the speed, p95', _p95(_saved(slow)), "ms", SAVED_QUARTER_MS_MAX),
            Row("the same: p50", statistics.median(_saved(slow)), "ms"),
            Row("a loop in the page: so many times as long then", halted / free, "times"),
            _against(
                f'app: tap to "saved" with {CHECK_INS_ABOARD} check-ins and {PHOTOS} photos, p95',
                *(aboard, value, ABOARD_RATIO_MAX, "an empty store's"),
            ),
        ]

    # --- Memory ---

    def memory(self) -> list[Row]:
        """The page's renderer over that of a blank page: in the sample game, with its map, and of a bare start."""
        code = self._sample()
        found = [self._memory(run, code) for run in range(MEMORY_RUNS)]
        plain, again, drawn, bare = (statistics.median(column) for column in zip(*found, strict=True))
        return [
            _held("app: renderer over a blank page, at the first visit", plain, "MB", RENDERER_MB_MAX),
            Row("the same: a bare start of its Python", bare, "MB"),
            Row("the same: started again from what it kept", again, "MB"),
            _held("app: the same with the map open", drawn, "MB", RENDERER_WITH_MAP_MB_MAX),
        ]

    def _memory(self, run: int, code: str) -> tuple[float, float, float, float]:
        """What one new profile takes: the app at the first visit, started again, with the map; a bare start."""
        bare = self.open(f"memory-bare-{run}")
        blank = bare.page_mb()
        bare.start(f"{self.bare.url}/play/")
        bare.wait_until_kept()
        started = bare.page_mb()
        bare.close()
        browser = self._joined(f"memory-{run}", "firenze", code)
        plain = browser.page_mb()
        browser.close()
        browser = self.open(f"memory-{run}")
        browser.start(f"{self.node.url}/play/")
        again = browser.page_mb()
        browser.page.locator("nav.tabs .tab").nth(1).click()
        browser.page.locator("#map[data-drawn=true]").wait_for()
        drawn = browser.page_mb()
        browser.close()
        return plain - blank, again - blank, drawn - blank, started - blank

    def _sample(self) -> str:
        """The sample game with its map, beside the other; a join code."""
        data, game = ("--data", str(self.node.folder)), str(self.folder / "firenze")
        wayfold = (sys.executable, "-c", "from server.entry import main; raise SystemExit(main())", "game")
        lines = (
            ("new", game, "--sample", "firenze"),
            ("import", game, *data),
            ("publish", "firenze", *data),
            ("join-code", "firenze", "--json", *data),
        )
        said = [subprocess.run((*wayfold, *line), check=True, capture_output=True, text=True).stdout for line in lines]
        code: str = json.loads(said[-1])["code"]
        return code


def _held(name: str, value: float, unit: str, limit: float) -> Row:
    """A row that a fixed limit judges."""
    return Row(name, value, unit, limit, value / limit, f"at most {limit:g} {unit}", value <= limit)


def _against(name: str, value: float, limit: float, ratio_max: float, peer: str) -> Row:
    """A row that is judged against something measured in the same run, in ms."""
    ratio = value / limit
    return Row(name, value, "ms", limit, ratio, f"at most {ratio_max:g} of {peer}", ratio <= ratio_max)


def _saved(taps: list[dict[str, float]]) -> list[float]:
    return [tap["saved"] for tap in taps]


def _median(taps: list[dict[str, float]], stage: str) -> float:
    return statistics.median(tap[stage] for tap in taps)


def _p95(values: list[float]) -> float:
    return sorted(values)[round(len(values) * 0.95) - 1]


def _noise(rolls: random.Random) -> bytes:
    """A PNG of drawn pixels."""
    side = PHOTO_SIDE_PX
    pixels = b"".join(b"\0" + rolls.randbytes(3 * side) for _ in range(side))
    parts = (
        (b"IHDR", struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(pixels, 0)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )

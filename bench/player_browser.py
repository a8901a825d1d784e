"""The browser of the player's bench: Chromium by playwright, at full speed or a quarter of it, and what it takes."""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-port=0", "--window-size=412,860"),
)
START_S_MAX, WAIT_MS = 60, 240_000
RUN_S, STOP_S = 0.002, 0.006
"""A quarter of the speed: so long the whole browser runs, so long it stands still. Where others keep the machine busy
the kernel gives a halted program its time afterwards, so the bench says what it came to."""
LOOPS = 9
SETTLE_S, SETTLE_TRIES, SETTLED_MB = 2.0, 5, 2.0
"""Memory is read when two readings so far apart differ by less."""
GIVEN_BACK_S = 8.0
"""And not before: what a start leaves behind is given back in the first seven seconds."""
LOOP = """() => {
  const began = performance.now();
  let sum = 0;
  for (let n = 0; n < 3e7; n += 1) sum += n % 7;
  return sum && performance.now() - began;
}"""
WATCH = """
window.bench = {};
const note = (name, at) => {
  window.bench[name] ??= at;
  if (window.bench.ready && window.bench.shell) document.documentElement.dataset.bench = "done";
};
new MutationObserver(() => {
  const ready = document.querySelector(".playing .head-score, input[name=team], body[data-ready]");
  if (ready) note("ready", performance.now());
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-ready"] });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") note("shell", entry.startTime);
}).observe({ type: "paint", buffered: true });
"""


class Browser:
    """One profile in one process group. `close` ends it; the profile stays and can be opened again."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        assert CHROMIUM is not None
        folder.mkdir(exist_ok=True)
        port_file = folder / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = (CHROMIUM, *FLAGS, f"--user-data-dir={folder}", "about:blank")
        self.process = subprocess.Popen(command, start_new_session=True, **quiet)
        deadline = time.monotonic() + START_S_MAX
        while not port_file.exists() or not port_file.read_text().strip():
            assert time.monotonic() < deadline, "Chromium did not start"
            time.sleep(0.02)
        port = port_file.read_text().split()[0]
        self.browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context = self.browser.contexts[0]
        self.context.add_init_script(WATCH)
        self.page = self.prepared(self.context.pages[0])

    def prepared(self, page: Page) -> Page:
        page.set_default_timeout(WAIT_MS)
        return page

    def close(self) -> None:
        """End it in order, so that what it keeps on the disk is whole."""
        self.browser.new_browser_cdp_session().send("Browser.close")
        self.process.wait(START_S_MAX)

    def start(self, url: str) -> dict[str, float]:
        """Load a page; when its first words and when all of it was there, in ms since the navigation began."""
        self.page.goto("about:blank")
        self.page.goto(url, wait_until="commit")
        self.page.locator("html[data-bench=done]").wait_for(state="attached")
        found: dict[str, float] = self.page.evaluate("window.bench")
        return found

    def wait_until_kept(self) -> None:
        """Until the service worker has the whole set."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")

    @contextmanager
    def at_a_quarter(self) -> Iterator[None]:
        """The whole browser, workers included, runs a quarter of the time."""
        going = threading.Event()
        going.set()

        def halt() -> None:
            while going.is_set():
                os.killpg(self.process.pid, signal.SIGSTOP)
                time.sleep(STOP_S)
                os.killpg(self.process.pid, signal.SIGCONT)
                time.sleep(RUN_S)

        thread = threading.Thread(target=halt)
        thread.start()
        try:
            yield
        finally:
            going.clear()
            thread.join()

    def loop_ms(self) -> float:
        """How long a fixed loop takes in the page: what a quarter of the speed came to, on this machine, now."""
        return statistics.median(self.page.evaluate(LOOP) for _ in range(LOOPS))

    def page_mb(self) -> float:
        """What the page's renderer has for itself, in MB, once it no longer changes much."""
        time.sleep(GIVEN_BACK_S)  # and a browser that was opened a moment ago is busy with renderers of its own
        process = self._renderer()
        before = _private_mb(process)
        for _ in range(SETTLE_TRIES):
            time.sleep(SETTLE_S)
            now = _private_mb(process)
            if abs(now - before) < SETTLED_MB:
                return now
            before = now
        return before

    def _renderer(self) -> int:
        """The process of the page: of several renderers the one that works while the page counts."""
        before = self._cpu_s()
        for _ in range(LOOPS):
            self.page.evaluate(LOOP)
        after = self._cpu_s()
        return max(after, key=lambda process: after[process] - before.get(process, 0.0))

    def _cpu_s(self) -> dict[int, float]:
        """What every renderer has used of the processor, by its process."""
        session: Any = self.browser.new_browser_cdp_session()
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        session.detach()
        return {one["id"]: float(one["cpuTime"]) for one in processes if one["type"] == "renderer"}


def _private_mb(process: int) -> float:
    """Pages that no other process has, from the kernel's own account."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024

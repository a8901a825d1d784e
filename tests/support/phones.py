"""A player's phone: Chromium with the app open, driven by playwright, killed and opened again like a real one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import segno
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--remote-debugging-port=0", "--window-size=412,860", "--hide-scrollbars"),
)
START_S_MAX = 30
WAIT_MS = 60_000
"""Two cores may be busy with other tests."""
WATCH = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI + " " + (event.sample || "")));
"""
WRONG_CLOCK = """
Date = class extends Date {
  constructor(...given) { given.length ? super(...given) : super(new.target.now()); }
  static now() { return super.now() + OFF_MS; }
};
"""
"""A browser whose clock is off. Without a service worker: what it keeps would bring the worker its own clock back."""

TAKEN_AWAY = {
    "opfs": "delete StorageManager.prototype.getDirectory;\n",
    "indexed": "Object.defineProperty(self, 'indexedDB', { value: undefined });\n",
}


class Phone:
    """One browser profile. `lon`, `lat` and `accuracy_m` are what its receiver says."""

    def __init__(self, playwright: Playwright, folder: Path, url: str) -> None:
        self.playwright, self.folder, self.url = playwright, folder, url.rstrip("/")
        self.faults: list[str] = []
        self.expected: tuple[str, ...] = ("Failed to load resource", "net::ERR")
        """What the console may say where a server is gone: the browser tells of each request itself."""
        self.permissions = ["geolocation"]
        self.without: tuple[str, ...] = ()
        """Which kinds of store this browser lacks: of `opfs` and `indexed`."""
        self.camera: Path | None = None
        """What its camera sees: a film as `film_of` writes it."""
        self.clock_off_ms = 0
        """How far its clock is ahead."""
        self.trusts = ""
        """The public key of a certificate that it takes whoever signed it, as base64 of a SHA-256."""
        self.begin_pages_with: tuple[str, ...] = ()
        """Scripts that make its browser another one: what it lacks, or what this one lacks."""
        self.more_flags: tuple[str, ...] = ()
        """What else its browser is started with."""

    def open(self, path: str = "/play/") -> Phone:
        """Start the browser and load the app."""
        assert CHROMIUM is not None
        port_file = self.folder / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [CHROMIUM, *FLAGS, *self._more_flags(), f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_S_MAX
        while not port_file.exists() or not port_file.read_text().strip():
            assert time.monotonic() < deadline, "Chromium did not start"
            assert self.process.poll() is None, "Chromium ended"
            time.sleep(0.05)
        port = port_file.read_text().split()[0]
        self.browser = self.playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        self.context: BrowserContext = self.browser.contexts[0]
        self.context.grant_permissions(self.permissions, origin=self.url)
        for script in (WATCH, *self.begin_pages_with):
            self.context.add_init_script(script)
        if self.without:
            self._begin_worker_with("".join(TAKEN_AWAY[kind] for kind in self.without))
        if self.clock_off_ms:
            wrong = WRONG_CLOCK.replace("OFF_MS", str(self.clock_off_ms))
            self.context.add_init_script(wrong + "delete Navigator.prototype.serviceWorker;")
            self._begin_worker_with(wrong)
        self.page: Page = self.context.pages[0]
        self.page.set_viewport_size({"width": 412, "height": 860})
        self.page.set_default_timeout(WAIT_MS)
        self.listen(self.page)
        self.page.goto(f"{self.url}{path}")
        return self

    def _more_flags(self) -> Iterator[str]:
        if self.camera is not None:
            yield from ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={self.camera}")
        if self.trusts:
            yield f"--ignore-certificate-errors-spki-list={self.trusts}"
        yield from self.more_flags

    def _begin_worker_with(self, script: str) -> None:
        """Another browser than this one, as the worker finds it."""

        def fulfil(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=f"{script}\n{answer.text()}")

        self.context.route("**/worker/worker.js", fulfil)

    def listen(self, page: Page) -> None:
        """Keep what a page complains of: a violation of its policy, an error nobody caught."""
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda said: self._console(said.type, said.text))

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(self.expected) and "net::ERR" not in text:
            self.faults.append(text)

    def join(self, game: str, code: str, team: str = "") -> None:
        """Open the link of a poster and join."""
        self.page.goto(f"{self.url}/play/#{game}/{code}")
        self.page.reload()
        field = self.page.locator("input[name=team]")
        field.fill(team)
        self.page.locator("button[type=submit]").click()
        self.page.locator(".playing").wait_for()

    def ready_for_offline(self) -> None:
        """Wait until the whole set is kept."""
        self.page.locator("#offline-ready[data-ready=true]").wait_for()

    def stand_at(self, lon: float, lat: float, accuracy_m: float = 5) -> None:
        """Let the receiver say this from now on."""
        self.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": accuracy_m})

    def tab(self, name: str) -> None:
        """Choose a view by its word."""
        self.page.locator("nav.tabs").get_by_text(name, exact=True).click()

    def allow_position(self) -> None:
        """The tap that asks for positions."""
        self.page.get_by_role("button", name="Use my position").click()
        self.page.get_by_text("Your position is known").wait_for()

    def check_in_here(self, code: str, away: str = "you are here") -> str:
        """Wait until the receiver says so, open a checkpoint in the list, tap, and read what is said."""
        self.tab("List")
        row = self.page.locator("button.checkpoint").filter(has=self.page.get_by_text(code, exact=True))
        expect(row.locator(".checkpoint-away")).to_have_text(away, timeout=WAIT_MS)
        row.click()
        self.page.get_by_role("button", name="Check in here").click()
        return self.told()

    def told(self) -> str:
        """What the app says became of the last action."""
        said = self.page.locator(".told p")
        said.wait_for()
        return said.inner_text()

    def close_dialog(self) -> None:
        """Put the open dialog away."""
        self.page.locator("dialog button", has_text="✕").last.click()

    def score(self) -> str:
        """The score that is always in sight."""
        return self.page.locator(".head-score").inner_text()

    def ticks(self) -> str:
        """What is said of how safe everything is."""
        return self.page.locator("#ticks").inner_text()

    def wait_ticks(self, text: str) -> None:
        """Wait until that is said."""
        expect(self.page.locator("#ticks")).to_contain_text(text, timeout=WAIT_MS)

    def digest(self) -> str:
        """The digest of the team's result as this phone folds it, in hex."""
        self.tab("Score")
        found = self.page.locator("#digest")
        found.wait_for()
        return str(found.get_attribute("data-digest"))

    def shot(self, name: str) -> None:
        """Keep a picture of the screen where `WAYFOLD_SHOTS` names a folder, for people to look at."""
        folder = os.environ.get("WAYFOLD_SHOTS")
        if folder:
            self.page.screenshot(path=f"{folder}/{name}.png")

    def kill(self) -> None:
        """End every process of the browser at once, as a phone that runs out of power does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def quit(self) -> None:
        """Let the browser end by itself, as it does when the player closes it."""
        self.browser.new_browser_cdp_session().send("Browser.close")
        self.process.wait(START_S_MAX)

    def close(self) -> None:
        """End the browser, if it runs."""
        if getattr(self, "process", None) is not None and self.process.poll() is None:
            self.kill()


def film_of(text: str, path: Path, *, noise: int = 24, seed: int = 7) -> Path:
    """A second of film (YUV4MPEG2) of a QR code on a grey wall, off the middle, through a noisy sensor."""
    random = Random(seed)
    code = [[bool(module) for module in row] for row in segno.make(text, error="m").matrix]
    wide, high, module = 640, 480, 8
    left, top = (wide - module * len(code)) // 2 + 31, (high - module * len(code)) // 2 - 17
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F5:1 Ip A1:1 C420\n" % (wide, high))
        for _ in range(5):
            luma = bytearray(random.choices(range(170 - noise, 170 + noise), k=wide * high))
            for y in range(top - 4 * module, top + (len(code) + 4) * module):
                for x in range(left - 4 * module, left + (len(code) + 4) * module):
                    row, column = (y - top) // module, (x - left) // module
                    dark = 0 <= row < len(code) and 0 <= column < len(code) and code[row][column]
                    luma[y * wide + x] = max(16, min(235, (60 if dark else 200) + random.randint(-noise, noise)))
            file.write(b"FRAME\n" + luma + b"\x80" * (wide * high // 2))
    return path


NewPhone = Callable[..., Phone]


def evaluate(phone: Phone, script: str) -> Any:
    """Run a script in the page."""
    return phone.page.evaluate(script)

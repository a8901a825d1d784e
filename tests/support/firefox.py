"""A player's phone with Firefox: the app open in a profile of its own, driven by Marionette, killed like a real one."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # What starts Android's emulators for it imports modules that Python is giving up; none of them is used here.
    warnings.simplefilter("ignore", DeprecationWarning)
    from marionette_driver.marionette import Marionette

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
FLAGS = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")
"""The last lets a test set what the receiver says."""
PREFERENCES = {
    "marionette.port": 0,
    "permissions.default.geo": 1,
    "geo.provider.testing": True,
    "geo.provider.network.debug.requestCache.enabled": False,  # a receiver is asked again after it was moved
}
START_S_MAX = 60
WAIT_S_MAX = 60
"""Two cores may be busy with other tests."""
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""
CLICK = """
const [selector, words] = arguments;
const found = [...document.querySelectorAll(selector)].find((one) => one.textContent.trim().includes(words));
found?.click();
return found !== undefined;
"""
FILL = """
const [selector, text] = arguments;
const field = document.querySelector(selector);
field.value = text;
field.dispatchEvent(new Event("input", { bubbles: true }));
"""


class FirefoxPhone:
    """One browser profile."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url.rstrip("/")
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)

    def open(self) -> FirefoxPhone:
        """Start the browser and load the app."""
        assert FIREFOX is not None
        self._write_preferences(PREFERENCES)
        port_file = self.folder / "MarionetteActivePort"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [FIREFOX, *FLAGS, "--profile", self.folder, "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_S_MAX
        while not port_file.exists() or not port_file.read_text().strip():
            assert time.monotonic() < deadline, "Firefox did not start"
            assert self.process.poll() is None, "Firefox ended"
            time.sleep(0.05)
        self.driver = Marionette(host="127.0.0.1", port=int(port_file.read_text()))
        self.driver.start_session()
        self.driver.timeout.script = WAIT_S_MAX
        self.load("/play/")
        return self

    def _write_preferences(self, value_by_name: dict[str, object]) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in value_by_name.items()]
        (self.folder / "user.js").write_text("\n".join(lines))

    def load(self, path: str) -> None:
        """Go to an address of the app."""
        self.driver.navigate(f"{self.url}{path}")
        self.run(WATCH)

    def reload(self) -> None:
        """Load the page again as a player does; Marionette's own way would pass the service worker by."""
        self.run("window.leaving = true; location.reload();")
        self.wait("!window.leaving && document.readyState === 'complete'")
        self.run(WATCH)

    def run(self, script: str, *arguments: object) -> Any:
        """What a function with this body returns in the page."""
        return self.driver.execute_script(script, arguments, sandbox=None)

    def wait(self, condition: str, *arguments: object) -> Any:
        """Wait until an expression is true in the page, and return it."""
        deadline = time.monotonic() + WAIT_S_MAX
        while not (found := self.run(f"return {condition};", *arguments)):
            assert time.monotonic() < deadline, f"still not: {condition} {arguments}\n{self.text()}"
            time.sleep(0.1)
        return found

    def text(self) -> str:
        """All that is on the screen."""
        return str(self.run("return document.body.innerText;"))

    def click(self, words: str, selector: str = "button") -> None:
        """Tap what has these words on it, once it is there."""
        self.wait(f"((...arguments) => {{ {CLICK} }})(...arguments)", selector, words)

    def fill(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.wait("document.querySelector(arguments[0]) !== null", selector)
        self.run(FILL, selector, text)

    def walk_to(self, lon: float, lat: float, accuracy_m: float = 5) -> None:
        """Let the receiver say this from now on; Firefox asks it anew for a page that was loaded again."""
        answer = json.dumps({"location": {"lat": lat, "lng": lon}, "accuracy": accuracy_m})
        encoded = base64.b64encode(answer.encode()).decode()
        self.driver.set_pref("geo.provider.network.url", f"data:application/json;base64,{encoded}")
        self.reload()
        self.wait("document.querySelector('.playing') !== null")
        self.click("List", "nav.tabs button")
        if not self.run("return document.body.innerText.includes('Your position is known');"):
            self.click("Use my position")

    def join(self, game: str, code: str, team: str) -> None:
        """Open the link of a poster and join."""
        self.load(f"/play/#{game}/{code}")
        self.reload()
        self.fill("input[name=team]", team)
        self.run("document.querySelector('button[type=submit]').click();")
        self.wait("document.querySelector('.playing') !== null")

    def ready_for_offline(self) -> None:
        """Wait until the whole set is kept."""
        self.wait("document.querySelector('#offline-ready[data-ready=true]') !== null")

    def check_in_here(self, code: str) -> str:
        """Wait until the receiver says so, open a checkpoint in the list, tap, and read what is said."""
        self.click("List", "nav.tabs button")
        self.wait(
            "[...document.querySelectorAll('button.checkpoint')].some((one) => "
            "one.innerText.includes('Place ' + arguments[0]) && one.innerText.includes('you are here'))",
            code,
        )
        self.click(f"Place {code}", "button.checkpoint")
        self.click("Check in here")
        return str(self.wait("document.querySelector('.told p')?.innerText"))

    def wait_ticks(self, words: str) -> None:
        """Wait until this is said of how safe everything is."""
        self.wait("document.querySelector('#ticks')?.innerText.includes(arguments[0])", words)

    def score(self) -> str:
        """The score that is always in sight."""
        return str(self.wait("document.querySelector('.head-score')?.innerText"))

    def digest(self) -> str:
        """The digest of the team's result as this phone folds it, in hex."""
        self.click("Score", "nav.tabs button")
        return str(self.wait("document.querySelector('#digest')?.dataset.digest"))

    def violations(self) -> list[str]:
        """What the page's content security policy refused since it was loaded."""
        return list(self.run("return window.violations;"))

    def shot(self, name: str) -> None:
        """Keep a picture of the screen where `WAYFOLD_SHOTS` names a folder, for people to look at."""
        folder = os.environ.get("WAYFOLD_SHOTS")
        if folder:
            Path(folder, f"{name}.png").write_bytes(base64.b64decode(self.driver.screenshot()))

    def kill(self) -> None:
        """End every process of the browser at once, as a phone that runs out of power does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.driver.client.close()
        self.driver.cleanup_ran = True  # nobody is left whose session could be ended

    def close(self) -> None:
        """End the browser, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

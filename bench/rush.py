"""A finish rush at one kiosk: the busiest ten minutes of a real cup, card by card over HTTP, at an edge below its HQ.

Headquarters and the edge are `wayfold serve`, each in a process of its own. One
reader hands in one card after the other at the edge, each when its runner came
in, all of it `SPEED` times as fast as it was: what keeps up then keeps up. A
card waits from the moment it came until it is answered, which is when it is
durable. At the end headquarters must hold every visit of every card.

The results of the cup are no part of the project: `WAYFOLD_DATA` says where
they are, and without them nothing is measured.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.table import Row

SPEED = 10
WINDOW_S, MINUTE_S = 600, 60
WAIT_S_MAX = 5.0
ARRIVES_S_MAX = 60.0
"""How long headquarters may take to hold everything, after the last card."""
WAYFOLD = str(Path(sys.executable).with_name("wayfold"))
RULES = """
preset = "rogaine"
name = "Kubok"
time_zone = "Europe/Moscow"
start = 2017-06-04T12:00:00
duration = "4 h"
late_points = 1
points = "first digit of the code"
presence = "lowest"
ways = ["kiosk"]
standings = "live"
"""


@dataclass(frozen=True)
class Card:
    """A card as it was read: who, when they came in (seconds after the start), and the file handed in."""

    bib: str
    came_s: int
    body: bytes
    punches: int


def rows() -> list[Row]:
    """The longest wait, what was lost, and how many came; nothing where the data are not there."""
    folder = Path(os.environ.get("WAYFOLD_DATA", "../shared/data")) / "rogaine" / "kubok-2017"
    if not folder.is_dir():
        print(f"  no finish rush: {folder} is not there (WAYFOLD_DATA)", file=sys.stderr)
        return []
    cards = _busiest(_cards(folder), WINDOW_S)
    minute = len(_busiest(cards, MINUTE_S))
    with tempfile.TemporaryDirectory() as place:
        waits_s, lost = _replay(Path(place), folder, cards)
    longest_s = max(waits_s)
    what = f"finish rush {SPEED}x: {len(cards)} cards in 10 min, {minute} in one"
    return [
        Row(f"{what}: wait", longest_s, "s", WAIT_S_MAX, longest_s / WAIT_S_MAX, f"at most {WAIT_S_MAX:g} s",
            longest_s <= WAIT_S_MAX),
        Row("  lost of them, at headquarters", lost, "events", 0, None, "none", lost == 0),
        Row("  the middle one's wait", statistics.median(waits_s) * 1000, "ms"),
    ]  # fmt: skip


def _cards(folder: Path) -> list[Card]:
    """One card a person, by when they came in. Who stands in two classes has one card."""
    found: dict[str, Card] = {}
    for file in sorted(folder.glob("splits_*.csv")):
        for header, row in _rows(file):
            cells = dict(zip(header, row, strict=True))
            bib, punches = cells["Номер"], [cell for cell in row if re.fullmatch(r"[0-9:.]+\[[^\]]+\].*", cell)]
            if bib in found or not cells["Результат"]:
                continue
            body = "\n".join(",".join(line) for line in (header, row)).encode()
            hours, minutes, seconds = (int(float(part)) for part in cells["Результат"].split(":"))
            found[bib] = Card(bib, hours * 3600 + minutes * 60 + seconds, body, len(punches))
    return sorted(found.values(), key=lambda card: (card.came_s, card.bib))


def _rows(file: Path) -> Iterator[tuple[list[str], list[str]]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader)
        for row in reader:
            yield header, [cell.replace(",", " ") for cell in row]


def _busiest(cards: list[Card], window_s: int) -> list[Card]:
    """Those who came in within the window in which most did."""
    first = max(cards, key=lambda one: sum(one.came_s <= card.came_s < one.came_s + window_s for card in cards))
    return [card for card in cards if first.came_s <= card.came_s < first.came_s + window_s]


def _replay(place: Path, folder: Path, cards: list[Card]) -> tuple[list[float], int]:
    """Every card's wait, and how many visits and finishes headquarters lacks."""
    hq, edge = ("--data", str(place / "hq")), ("--data", str(place / "edge"))
    _found(place, folder, hq)
    staff_code = json.loads(_told("day", "code", "kubok", "--role", "kiosk", "--json", *hq))["code"]
    edge_code = json.loads(_told("edge-code", "kubok", "--json", *hq))["edge_code"]
    with _serving(*hq) as above:
        joined = ("--upstream", f"http://127.0.0.1:{above}", "--edge-code", edge_code)
        with _serving(*edge, *joined) as port:
            cookie = _enter(port, staff_code)
            waits_s, kept = _hand_in(port, cookie, cards)
            lost = sum(card.punches + 1 for card in cards if kept.get(card.bib, -1) != card.punches)
            return waits_s, lost or _missing_above(above, sum(card.punches + 1 for card in cards))


def _found(place: Path, folder: Path, hq: tuple[str, ...]) -> None:
    """The cup as its organiser publishes it, with everybody on the start list."""
    game = place / "kubok"
    game.mkdir()
    names = [file.stem.removeprefix("splits_") for file in sorted(folder.glob("splits_*.csv"))]
    classes = "".join(f'[category.C{n}]\nname = "{name}"\nassigned = true\n' for n, name in enumerate(names))
    (game / "game.toml").write_text(RULES + classes, encoding="utf-8")
    with (folder / "controls_xy.csv").open(encoding="utf-8-sig", newline="") as lines:
        codes = [row["КП"] for row in csv.DictReader(lines) if row["КП"].isdecimal()]
    (game / "checkpoints.csv").write_text("\n".join(["code", *codes]), encoding="utf-8")
    for file in folder.glob("splits_*.csv"):
        entered = []
        for header, row in _rows(file):
            blank = [at for at, name in enumerate(header) if name == "Результат" or name.startswith("#")]
            entered = entered or [header]
            entered.append(["" if at in blank else cell for at, cell in enumerate(row)])
        (game / file.name).write_text("\n".join(",".join(row) for row in entered), encoding="utf-8")
    _told("tenant", "add", "acme", *hq)
    _told("game", "import", str(game), *hq)
    _told("game", "publish", "kubok", *hq)
    _told("results", "import", "kubok", *(str(file) for file in sorted(game.glob("splits_*.csv"))), *hq)


def _told(*command: str) -> str:
    done = subprocess.run([WAYFOLD, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@contextmanager
def _serving(*arguments: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([WAYFOLD, "serve", "--port", str(port), *arguments], stdout=subprocess.DEVNULL)
    try:
        _wait(lambda: _asked(port, "GET", "/api/v1/acme/games/kubok/standings")[0] == 200, ARRIVES_S_MAX)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(done: object, most_s: float) -> bool:
    """Look until it is so; whether it was in time."""
    assert callable(done)
    deadline = time.monotonic() + most_s
    while time.monotonic() < deadline:
        try:
            if done():
                return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


def _asked(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Set-Cookie") or ""
    finally:
        connection.close()


def _enter(port: int, code: str) -> str:
    """A kiosk's pass at the edge, once it has heard of the code."""
    form, kind = urlencode({"code": code}).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    found: list[str] = []

    def entered() -> bool:
        status, _, cookie = _asked(port, "POST", "/acme/kubok/staff/enter", form, **kind)
        found[:] = [cookie.partition(";")[0]]
        return status == 303

    assert _wait(entered, ARRIVES_S_MAX), "the edge did not hear of the kiosk's code"
    return found[0]


def _hand_in(port: int, cookie: str, cards: list[Card]) -> tuple[list[float], dict[str, int]]:
    """Hand in one card after the other when its runner comes; the waits, and the visits kept of each card."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    waits_s, kept = [], {}
    begin, first_s = time.monotonic(), cards[0].came_s
    for card in cards:
        due = begin + (card.came_s - first_s) / SPEED
        time.sleep(max(0.0, due - time.monotonic()))
        connection.request("POST", "/acme/kubok/staff/cards", card.body, {"Cookie": cookie})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        waits_s.append(time.monotonic() - due)
        if answer.status == 200:
            kept[card.bib] = said["check_ins"] + sum(said["unknown_codes"].values())
        else:
            print(f"  card {card.bib}: {said.get('detail')}", file=sys.stderr)
    connection.close()
    return waits_s, kept


def _missing_above(port: int, expected: int) -> int:
    """How many events headquarters lacks in the end."""
    held: list[int] = [0]

    def there() -> bool:
        _, body, _ = _asked(port, "GET", "/api/v1/acme/games/kubok/standings")
        held[0] = json.loads(body)["events"]
        return held[0] >= expected

    _wait(there, ARRIVES_S_MAX)
    return max(0, expected - held[0])

"""What happens when in the demo, all of it from one seed: the clock, who plays how, and when the edge dies.

The clock runs at `SPEED` from `FIRST_START - LEAD`: the first device is asked
to be there LEAD later, the others start over an hour and a half of the clock,
so no two cores ever start 13 interpreters at once. Nothing is skipped.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Literal, NamedTuple

from server.demo import highfield
from server.demo.highfield import Runner

SPEED = 400.0
"""8,721 s of recordings in 22 s: a minute for everything has room for a busy machine."""
LEAD_S = 1.5
"""Of the wall: how long the first device takes to be up and reading."""
STARTUP_S = 1.5
"""Of the wall: how long before its track a device is started."""
SYNC_EVERY_S = 30
"""Of the clock: how often a device with a link tries."""
STAY_MS = 15 * 60_000
"""Of the clock: how long a device that came in goes on trying until all is safe."""
KILL_FROM, KILL_TO = "2022-06-04T10:35:00", "2022-06-04T11:10:00"
"""Between these, eight to ten devices are out."""

Way = Literal["link", "bundle", "cable"]


class Device(NamedTuple):
    """One runner's device: how it reaches others, where it joined, and its recorded link."""

    runner: Runner
    way: Way
    joins_at: Literal["hq", "edge"]
    link: Path | None

    @property
    def team(self) -> str:
        """The team it plays for."""
        return self.runner.team


class Plan(NamedTuple):
    """The demo's whole schedule. `kill_at_ms` is the clock's; `started_at_ms` the wall's when the clock starts."""

    devices: tuple[Device, ...]
    kill_at_ms: int
    epoch_ms: int
    last_ms: int
    started_at_ms: int
    speed: float

    @property
    def setting(self) -> str:
        """The clock as a server's setting names it."""
        return f"{self.epoch_ms}@{self.started_at_ms}*{self.speed:g}"

    def setting_from_now(self, speed: float) -> str:
        """The setting of a clock that goes on from here at another speed."""
        return f"{self.now_ms()}@{time.time_ns() // 1_000_000}*{speed:g}"

    def now_ms(self) -> int:
        """What the clock reads."""
        return self.epoch_ms + int((time.time_ns() / 1e6 - self.started_at_ms) * self.speed)

    def wall_s_until(self, at_ms: int) -> float:
        """Seconds of the wall until the clock reads that."""
        return max(0.0, (at_ms - self.now_ms()) / 1000 / self.speed)


def make_plan(seed: int, speed: float = SPEED) -> Plan:
    """The plan of a seed, its clock not yet running (`start`).

    Ten devices get the ten recorded links, two get none and come home by file,
    one hangs on the organiser's cable and speaks with HQ only. The two without
    a link are the first and the last to start, or whom the seed draws.
    """
    draw = random.Random(seed)  # noqa: S311 - a schedule, no secret
    runners = highfield.runners()
    links = sorted((highfield.folder() / "network").glob("3g_*.json"))
    order = draw.sample(range(len(runners)), len(runners))
    ways: dict[int, Way] = {order[0]: "bundle", order[1]: "bundle", order[2]: "cable"}
    rest = iter(draw.sample(links, len(links)))
    devices = []
    for number, runner in enumerate(runners):
        way = ways.get(number, "link")
        # Whoever has no link at the venue joined at home; of the others every third did.
        joins_at: Literal["hq", "edge"] = "hq" if way != "link" or number % 3 == 0 else "edge"
        devices.append(Device(runner, way, joins_at, next(rest) if way == "link" else None))
    first_ms = min(highfield.fixes(device.runner.track)[0].at_ms for device in devices)
    last_ms = max(highfield.fixes(device.runner.track)[-1].at_ms for device in devices)
    kill_at_ms = draw.randrange(highfield.local_ms(KILL_FROM), highfield.local_ms(KILL_TO))
    return Plan(tuple(devices), kill_at_ms, first_ms - int(LEAD_S * 1000 * speed), last_ms, 0, speed)


def before_start(plan: Plan, setup_s: float) -> Plan:
    """The plan with its clock running so that LEAD begins in `setup_s` seconds of the wall."""
    epoch_ms = plan.epoch_ms - int(setup_s * 1000 * plan.speed)
    return plan._replace(epoch_ms=epoch_ms, started_at_ms=time.time_ns() // 1_000_000)

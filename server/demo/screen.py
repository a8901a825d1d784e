"""What the demo shows while it runs, and what it shows at the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server.demo.plan import Plan
from server.demo.verdict import Outcome

FIXES = 11_511


class Screen:
    """A bar of the recordings played so far, with a line for whatever a person would want to know."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._fixes: dict[str, int] = {}
        self._check_ins = self._cuts = self._syncs = 0
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("Highfield Park", total=FIXES, state="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, word: str, facts: Mapping[str, Any]) -> None:
        """See `play.Tell`."""
        if word == "step":
            self._say(f"[bold cyan]{facts['what']}")
        elif word == "check_in":
            self._check_ins += 1
        elif word == "sync":
            self._syncs += 1
        elif word == "sync_failed":
            self._cuts += facts["code"] == "link_cut"
        elif word == "progress":
            self._fixes[facts["team"]] = facts["fixes_done"]
        elif word == "done":
            safe = f"{facts['safe']} safe, {facts['in_custody']} at the edge, {facts['unsent']} here only"
            cut = f"{facts['sessions_cut']} of {facts['sessions']} sessions cut"
            self._say(f"{_clock(facts['at_ms'])}  team {facts['team']} is in: score {facts['score']}; {safe}; {cut}")
        elif word == "edge_killed":
            self._say(f"[bold red]{_clock(facts['at_ms'])}  kill -9 the edge, {facts['events']} events in flight")
        elif word == "edge_back":
            self._say(f"[bold green]{_clock(facts['at_ms'])}  the edge is back on the same file")
        elif word == "home":
            way = f"by file: {facts['events']} events new at {facts['at']}" if facts["events"] else "to HQ directly"
            self._say(f"team {facts['team']} comes home {way}")
        self._show(facts.get("at_ms"))

    def _show(self, at_ms: int | None) -> None:
        clock = f"{_clock(at_ms)}  " if at_ms else ""
        state = f"{clock}{self._check_ins} check-ins, {self._syncs} sessions, {self._cuts} cut"
        self._progress.update(self._task, completed=sum(self._fixes.values()), state=state)

    def _say(self, line: str) -> None:
        self._progress.console.print(line, highlight=False, soft_wrap=True)


def show_plan(console: Console, plan: Plan, seed: int) -> None:
    """What is about to be played, and what was decided for it."""
    without = ", ".join(device.team for device in plan.devices if device.way == "bundle")
    cable = next(device.team for device in plan.devices if device.way == "cable")
    console.print(
        f"Highfield Park, 4 June 2022, at {plan.speed:g} times the speed (seed {seed}). 13 recorded runners, one "
        f"device each; ten play on recorded 3G links, teams {without} never get one and come home by file, team "
        f"{cable} is on HQ's cable.",
        highlight=False,
    )


def show_outcome(console: Console, outcome: Outcome) -> None:
    """The leaderboard, then what it rests on."""
    table = Table(title="Highfield Park", title_justify="left")
    for name in ("Place", "Team", "Points", "Penalties", "Score", "Time", "Status", "Offline min"):
        table.add_column(name, justify="left" if name == "Status" else "right")
    for row in outcome.leaderboard:
        time = "" if row.time_ms is None else f"{row.time_ms // 60_000}:{row.time_ms // 1000 % 60:02}"
        offline = f"{outcome.offline_minutes[row.team]:.1f}"
        place = "" if row.place is None else str(row.place)
        numbers = (str(row.points), str(row.penalties), str(row.score))
        table.add_row(place, row.team, *numbers, time, row.status, offline)
    console.print(table)
    agreed = "[green]yes[/]" if outcome.agreed else "[bold red]NO[/]"
    digest = str(outcome.digests["hq"])[:16]
    killed = f"killed with {outcome.events_in_flight} events in flight" if outcome.edge_kills else "never killed"
    receipts = f"{outcome.acknowledged} receipts and verdicts"
    lines = (
        f"Every node folds the same from its own file: {agreed} (game digest {digest}…)",
        f"Events: {outcome.events} at HQ, {outcome.lost} lost",
        f"Edge: {killed}; gave out {receipts}, {outcome.broken} broken",
        f"Sessions cut by lost links: {outcome.sessions_cut}",
        f"Punches found by GPS: {outcome.found} of {outcome.expected}; passed {outcome.passed}; wrong {outcome.wrong}",
        f"{outcome.seconds} s",
    )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _clock(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S}"

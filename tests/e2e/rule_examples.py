"""Plays the examples of a page: rules as an organiser writes them, a day told line by line, and what comes out.

python tests/e2e/rule_examples.py     plays docs/guides/rules-by-example.md again and writes what comes out into it

A line of a day is `WHO  TIME  WHAT`, such as `Foxes 1  10:05  31`. A phone is a
team and a number, `kiosk` reads the Foxes' card. `late`: it was offline, and what it says comes in last;
`met`: it had met the team's other phones before. Staff decide at the end.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1] / "rule_book"), str(Path(__file__).parents[2])]

from telling import NUMBERS, START_MS, By, at, crew, there, write_down

from client_core.game.actions import Answer, ChallengeOpened, Finish, HintTaken, Known, Member, Photo, Start
from client_core.game.checkpoints import Method
from client_core.game.decisions import (
    CheckpointVoided,
    EndSet,
    Neutralised,
    PointsAdjusted,
    Stopped,
    VisitGranted,
    VisitTaken,
)
from client_core.game.explaining import explain, sentence
from client_core.game.publish import publish
from client_core.game.rules import Rules, compile_rules
from client_core.game.scoring import fold
from client_core.game.standings import standings
from client_core.game.teams import Register, Team
from server.authoring.building import read_game

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "rules-by-example.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEAMS = {"Foxes": 1, "Owls": 2}
DECISIONS = frozenset({"void", "grant", "take", "points", "end", "stop", "pause"})


class Example(NamedTuple):
    """A heading of the page: its rules, its tables by file, its day, what the page says comes out, and where."""

    title: str
    rules: str
    tables: dict[str, str]
    day: tuple[str, ...]
    comes_out: str
    span: tuple[int, int]


class Line(NamedTuple):
    """One line of a day."""

    team: int
    device: int | str
    action: Known
    met: bool
    late: bool
    staff: bool


def examples(page: str) -> tuple[dict[str, str], list[Example]]:
    """The base game's files, and every example of the page."""
    base: dict[str, str] = {}
    found = []
    for start, end in _sections(page):
        title = page[start:end].splitlines()[0].removeprefix("## ")
        blocks = [(m[1], m[2], start + m.start(2), start + m.end(2)) for m in BLOCK.finditer(page[start:end])]
        rules = "".join(text for kind, text, *_ in blocks if kind == "toml")
        tables = {_table(text): text for kind, text, *_ in blocks if kind == "csv"}
        plain = [(text, first, last) for kind, text, first, last in blocks if not kind]
        if not plain:
            base = {"game.toml": rules, **tables}
            continue
        day, (comes_out, first, last) = plain[0][0], plain[1]
        found.append(Example(title, rules, tables, tuple(day.splitlines()), comes_out, (first, last)))
    return base, found


def play(base: dict[str, str], example: Example) -> str:
    """What comes out: before the late phone is heard, with it, and with what staff decided."""
    game = _publish(base, example)
    members = _members(example.day)
    lines = [found for line in example.day if (found := _read(game, line)) is not None]
    parts = []
    for told, chosen in (
        ("before the late phone is heard", [line for line in lines if not line.late and not line.staff]),
        ("when it has come in", [line for line in lines if not line.staff]),
        ("after the decision of staff", lines),
    ):
        parts.append("\n".join([f"{told}:", *_explained(game, members, chosen)]))
    return "\n".join(parts) + "\n"


def _sections(page: str) -> Iterator[tuple[int, int]]:
    starts = [match.start() for match in re.finditer(r"^## ", page, re.MULTILINE)]
    return zip(starts, [*starts[1:], len(page)], strict=True)


def _table(text: str) -> str:
    return "challenges.csv" if text.startswith("code,checkpoint") else "checkpoints.csv"


def _publish(base: dict[str, str], example: Example) -> Rules:
    """The game as its organiser publishes it: the base, with the example's keys in place of its own."""
    head, mark, sections = example.rules.partition("[") if example.rules.startswith("[") else _head(example.rules)
    mine = re.findall(r"^(\w+) =", head, re.MULTILINE)
    kept = [line for line in base["game.toml"].splitlines() if line.split(" =")[0] not in mine]
    text = "\n".join([*kept, head, mark + sections])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {**base, **example.tables, "game.toml": text}
        for file, written in files.items():
            (folder / file).write_text(written, "utf-8")
        draft, _, report = read_game(folder, START_MS)
        if draft is None:
            raise ValueError(f"{example.title}: {report.errors}")
        return compile_rules(publish(draft))


def _head(rules: str) -> tuple[str, str, str]:
    """Keys of the game, and then the sections."""
    head, mark, sections = rules.partition("\n[")
    return head, mark.strip("\n"), sections


def _members(day: tuple[str, ...]) -> tuple[Member, ...]:
    """`members: 2` gives the Foxes two members, each with the phone of its number."""
    count = next((int(line.split(":")[1]) for line in day if line.startswith("members:")), 0)
    return crew(count)


def _read(game: Rules, line: str) -> Line | None:
    if line.startswith("members:"):
        return None
    who, time, what = re.split(r"\s{2,}", line.strip(), maxsplit=2)
    minute = _minute(time)
    late, met = what.endswith(", late"), what.endswith(", met")
    what = what.removesuffix(", late").removesuffix(", met")
    name, _, number = who.partition(" ")
    team = TEAMS.get(name, 1)
    device: int | str = int(number) + 10 * (team - 1) if number else {"staff": "referee"}.get(name, name)
    method = Method.KIOSK if device == "kiosk" else Method.GPS
    return Line(team, device, _action(game, what, minute, method), met, late, name == "staff")


def _minute(clock: str) -> float:
    """Minutes after the start at 10:00."""
    hours, minutes, *seconds = map(int, clock.split(":"))
    return (hours - 10) * 60 + minutes + (seconds[0] / 60 if seconds else 0)


def _action(game: Rules, what: str, minute: float, method: Method) -> Known:
    word, _, rest = what.partition(" ")
    challenges = {challenge.code: number for number, challenge in enumerate(game.package.challenges)}
    if word in NUMBERS:
        return there(word, minute, method)
    if word in DECISIONS:
        return _decision(word, rest, minute)
    if word == "answer":
        code, _, text = rest.partition(" ")
        return Answer(at(minute), challenges[code], text.strip('"'))
    if word == "hint":
        code, _, number = rest.partition(" ")
        return HintTaken(at(minute), challenges[code], int(number) - 1)
    if word == "photo":
        return Photo(at(minute), challenges[rest], bytes(32), 9)
    if word == "opens":
        return ChallengeOpened(at(minute), challenges[rest])
    return {"start": Start, "finish": Finish}[word](at(minute))


def _decision(word: str, rest: str, minute: float) -> Known:
    """What staff decide, with the reason in quotes."""
    what, _, reason = rest.partition(' "')
    reason, foxes = reason.rstrip('"'), bytes([1]) * 16
    first, _, second = what.partition(" to ")
    if word == "void":
        return CheckpointVoided(at(minute), reason, NUMBERS[what])
    if word == "grant":
        return VisitGranted(at(minute), reason, foxes, NUMBERS[what])
    if word == "take":
        return VisitTaken(at(minute), reason, foxes, NUMBERS[what])
    if word == "points":
        return PointsAdjusted(at(minute), reason, foxes, int(what))
    if word == "end":
        return EndSet(at(minute), reason, at(_minute(what)))
    if word == "stop":
        return Stopped(at(minute), reason, at(_minute(what)))
    return Neutralised(at(minute), reason, at(_minute(first)), at(_minute(second)))


def _explained(game: Rules, members: tuple[Member, ...], lines: list[Line]) -> list[str]:
    teams = sorted({1, *(line.team for line in lines)})
    heard = [line for line in lines if not line.staff]
    staff = [By("referee", line.action, of=number) for number in teams for line in lines if line.staff]
    story = [By(line.device, line.action, line.met, of=line.team) for line in heard] + staff
    names = {number: name for name, number in TEAMS.items()}
    events = write_down(*story)
    register = Register(members={bytes([1]) * 16: members} if members else {})
    results = [
        fold(game, Team(team_id, team_id[0], names[team_id[0]]), [e for e in events if e.team == team_id], register)
        for team_id in (bytes([number]) * 16 for number in teams)
    ]
    told = []
    for row in standings(results, game, register):
        result = row.result
        place = f"{row.place}. " if row.place is not None and len(teams) > 1 else ""
        told.append(f"  {place}{names[result.number]}: {row.score} points, {str(result.status).replace('_', ' ')}")
        for line in [*explain(result), *row.extras]:
            clock = "" if line.at_ms is None else f"{_clock(line.at_ms)} "
            told.append(f"    {line.points:+4}  {clock}{sentence(game, line)}")
    return told


def _clock(at_ms: int) -> str:
    seconds = (at_ms - START_MS) // 1000 + 36_000
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}" + (f":{seconds % 60:02}" if seconds % 60 else "")


def main() -> None:
    """Write what comes out into the page."""
    page = PAGE.read_text("utf-8")
    base, found = examples(page)
    for example in reversed(found):
        first, last = example.span
        page = page[:first] + play(base, example) + page[last:]
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()

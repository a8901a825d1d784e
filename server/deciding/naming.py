"""What texts name in a game: teams, members, checkpoints, challenges, times, points. For commands and tables.

Every "no" is a `Problem("bad_request")` or `Problem("team_unknown")` that says
what is wrong and what there is instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from client_core.game.content import Package
from client_core.game.ranges import LIMIT_MS_MAX, POINTS_MAX, TIME_MS_MAX
from client_core.game.statuses import Status
from client_core.game.teams import Register, Team
from server.local_time import moment_of
from server.open_game import OpenGame
from server.problems import Problem
from server.team_names import find_entrant, find_team, no_team_called

LISTED_MAX = 12
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_SPAN = re.compile(r"([+-]?)(?:(?:([0-9]{1,4}):)?([0-9]{1,5}):)?([0-9]{1,7})(?:[.,]([0-9]{1,3}))?\s*(?:s|sec)?")
_POINTS = re.compile(r"[+-]?[0-9]{1,7}")


class Names:
    """The names of one game as this node knows it, at one moment."""

    def __init__(self, game: OpenGame, now_ms: int) -> None:
        self.game, self.now_ms = game, now_ms
        self.package: Package = game.rules.package
        self.register: Register = game.board.register
        self.number_by_code = {one.code: number for number, one in enumerate(self.package.checkpoints)}
        self.zone = ZoneInfo(self.package.time_zone)
        self._visited: dict[bytes, tuple[int, ...]] = {}

    def visited(self, team: bytes) -> tuple[int, ...]:
        """The checkpoints a team has now."""
        if not self._visited:
            self._visited = {result.team: result.visited for result in self.game.board.results()}
        return self._visited.get(team, ())

    def team(self, text: str) -> Team:
        """The team of an id, number or name."""
        try:
            return find_team(self.game, text)
        except Problem as problem:
            close = get_close_matches(text, [team.name for team in self.game.board.teams.values()], n=1)
            if close == [text]:  # several bear it
                raise
            if close:
                raise Problem(problem.code, f"{no_team_called(text)}: did you mean {close[0]!r}?") from problem
            raise Problem(problem.code, f"{problem.detail}; wayfold standings lists the teams") from problem

    def entrant(self, text: str) -> tuple[Team, int | None]:
        """A team, or a member of it, written `7.2`."""
        if text.partition(".")[0].isdecimal() and "." in text:
            return find_entrant(self.game, text)
        return self.team(text), None

    def member(self, team: Team, number: str) -> int:
        """A member's number in a team, where the team has it."""
        found = find_entrant(self.game, f"{team.number}.{number}")[1]
        if found is None:
            raise Problem("bad_request", f"{number[:20]!r} is no number of a member")
        return found

    def checkpoint(self, code: str) -> int:
        """A checkpoint's number, by its code."""
        return self._one("checkpoint", code, self.package.checkpoints)

    def challenge(self, code: str) -> int:
        """A challenge's number, by its code."""
        return self._one("challenge", code, self.package.challenges)

    def group(self, code: str) -> int:
        """A group's number, by its code."""
        return self._one("group", code, self.package.groups)

    def category(self, code: str) -> str:
        """A category's code."""
        return self.package.categories[self._one("category", code, self.package.categories)].code

    def format(self, code: str) -> str:
        """A format's code."""
        return self.package.formats[self._one("format", code, self.package.formats)].code

    def status(self, word: str) -> Status | None:
        """A status by its name, with spaces or underscores; None for `derived`."""
        plain = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
        if plain == "derived":
            return None
        try:
            return Status(plain)
        except ValueError as error:
            raise Problem("bad_request", f"no status {word[:40]!r}: {', '.join(Status)}, or derived") from error

    def points(self, text: str) -> int:
        """Points with their sign."""
        if not _POINTS.fullmatch(text) or abs(int(text)) > POINTS_MAX:
            raise Problem("bad_request", f"{text[:40]!r} are no points: a whole number such as 5 or -10")
        return int(text)

    def span_ms(self, text: str) -> int:
        """A span with its sign: `1:30`, `-0:00:20`, `90`, `0.5`, in minutes and seconds or seconds."""
        match = _SPAN.fullmatch(text.strip())
        hours, minutes, seconds = (int(match[at] or 0) for at in (2, 3, 4)) if match else (0, 0, 0)
        if match is None or (match[3] is not None and seconds > 59) or (match[2] is not None and minutes > 59):
            detail = f"{text[:40]!r} is no time: 1:30 (a minute and a half), -0:20, 1:00:00 or 90 (seconds)"
            raise Problem("bad_request", detail)
        span_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((match[5] or "").ljust(3, "0"))
        if span_ms > LIMIT_MS_MAX:
            raise Problem("bad_request", f"{text[:40]!r} is longer than a year")
        return -span_ms if match[1] == "-" else span_ms

    def moment_ms(self, text: str) -> int:
        """A time: `now`, `13:05`, `13:05:30` (where the game is, the first one after it opens), or ISO 8601."""
        if text == "now":
            return self.now_ms
        clock = _CLOCK.fullmatch(text)
        try:
            if clock is None:
                at = datetime.fromisoformat(text)
                at_ms = round((at if at.tzinfo else at.replace(tzinfo=self.zone)).timestamp() * 1000)
            else:
                at_ms = self._of_the_day(int(clock[1]), int(clock[2]), int(clock[3] or 0))
        except (ValueError, OverflowError) as error:
            detail = f"{text[:40]!r} is no time: 13:05, 13:05:30, 2026-06-06T13:05 or now"
            raise Problem("bad_request", detail) from error
        if not 0 <= at_ms <= TIME_MS_MAX:
            raise Problem("bad_request", f"{text[:40]!r} lies outside the years there are")
        return at_ms

    def clock(self, at_ms: int | None) -> str:
        """A time of the day where the game is; with its date where that is not the game's first."""
        if at_ms is None:
            return "-"
        at = moment_of(at_ms, self.zone)
        if at is None:
            return str(at_ms)
        first = datetime.fromtimestamp(self.package.opens_at_ms / 1000, UTC).astimezone(self.zone)
        return at.strftime("%H:%M:%S" if at.date() == first.date() else "%Y-%m-%d %H:%M:%S")

    def team_words(self, team: bytes, member: int | None = None) -> str:
        """A team's number and name, of a member `7.2`."""
        known = self.register.teams.get(team)
        if known is None:
            return f"team {team.hex()[:8]}"
        return f"{known.number} {known.name}" if member is None else f"{known.number}.{member} {known.name}"

    def code(self, checkpoint: int) -> str:
        """A checkpoint's code."""
        codes = self.game.rules.codes
        return codes[checkpoint] if checkpoint < len(codes) else f"number {checkpoint}"

    def _of_the_day(self, hour: int, minute: int, second: int) -> int:
        opens = datetime.fromtimestamp(self.package.opens_at_ms / 1000, UTC).astimezone(self.zone)
        at = datetime(opens.year, opens.month, opens.day, hour, minute, second, tzinfo=self.zone)
        if at < opens and (at + timedelta(days=1)).timestamp() * 1000 <= self.package.closes_at_ms:
            at += timedelta(days=1)
        return round(at.timestamp() * 1000)

    def _one(self, what: str, code: str, listed: Sequence[object]) -> int:
        codes: list[str] = [one.code for one in listed]  # type: ignore[attr-defined]  # all have codes
        if code in codes:
            return codes.index(code)
        close = get_close_matches(code, codes, n=1)
        some = ", ".join(codes[:LISTED_MAX]) + (" …" if len(codes) > LISTED_MAX else "")
        hint = f"did you mean {close[0]!r}?" if close else f"there are {some}" if codes else "the game has none"
        raise Problem("bad_request", f"no {what} {code[:40]!r}: {hint}")

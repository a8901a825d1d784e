"""What players and the public are shown of a game's scores, and when: live, frozen from a time, or hidden.

The game says which (`showing.Showing`); once it is final, what was pinned is shown, without what came in since.
Frozen standings are those of what was done up to that time: they are folded from
the events that tell an earlier time, so they are the same after a restart, and
an event that comes late but tells of before still enters them. Staff always see
all.

What was shown is remembered for a while, so that a viewer who names the version
of the last look is told what changed since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from client_core.game.actions import decode_action
from client_core.game.decisions import Decision
from client_core.game.events import PLAYED, LoggedEvent
from client_core.game.final import final_rows, moved
from client_core.game.lines import Line
from client_core.game.results import TeamResult
from client_core.game.scoring import Status, fold
from client_core.game.showing import StandingsShown
from client_core.game.standings import Standing, standings
from client_core.game.teams import Register, Team, read_register
from server.deciding.standing import Ruled, read_decisions
from server.leaderboard import EVERYBODY, Ask, Leaderboard, leaderboard
from server.open_game import OpenGame
from server.pinned import Keep, Pinned, pinned
from server.problems import Problem
from server.scoreboard import events_about, game_events
from server.splits import Split, splits_of
from server.tables import Folded, alone, fold_one

LOOKS_MAX = 200
"""Versions of which a viewer may ask what changed since: some hours of a busy game."""
_OF_PLAY = (*PLAYED, Decision)

How = Literal["live", "frozen", "hidden", "final"]
"""Which standings: of all there is, of up to a time, none, of what was pinned."""
Row = tuple[int | None, int, Status]
"""Place, score, status: what a look is compared by."""


class Change(msgspec.Struct, frozen=True):
    """A line that is another one since the last look; before is None where it was not there."""

    bib: str
    name: str
    place_before: int | None
    place: int | None
    score_before: int | None
    score: int
    status_before: Status | None
    status: Status


class Changes(msgspec.Struct, frozen=True):
    """What changed between two versions; `known` is False where this node does not remember the first."""

    since: str
    since_ms: int | None
    version: str
    as_of_ms: int
    known: bool
    changed: tuple[Change, ...]


class Shown:
    """What is shown of one game. Belongs to the thread that reads the log's index."""

    def __init__(self, game: OpenGame) -> None:
        self.game = game
        self._views: dict[tuple[Ask, How], tuple[Any, Leaderboard]] = {}
        self._folders: dict[tuple[bool, bytes], _Folder] = {}
        self._pinned: tuple[Any, Pinned | None] | None = None
        self._decided: tuple[Any, list[Ruled]] | None = None
        self._looks: dict[tuple[Ask, str], tuple[int, dict[str, Row]]] = {}

    def pinned(self) -> Pinned | None:
        """The final result, where there is one to show."""
        stamp = (self.game.log.index, self.game.log.state.commit_seq)
        if self._pinned is None or self._pinned[0] != stamp:
            self._pinned = (stamp, pinned(self.game))
        return self._pinned[1]

    def how(self, now_ms: int) -> How:
        """How the public is shown the standings now."""
        if self.pinned() is not None:
            return "final"
        showing = self.game.rules.package.showing
        if showing.standings is StandingsShown.LIVE or self.game.log.index.directory.finals():
            return "live"
        if showing.standings is StandingsShown.HIDDEN:
            return "hidden"
        return "frozen" if showing.frozen_from_ms is not None and now_ms >= showing.frozen_from_ms else "live"

    def organisers(self, *, now: bool) -> How:
        """What the organiser's lists show: the result as it was pinned, or with `now` and before that all there is."""
        return "live" if now or self.pinned() is None else "final"

    def everybody(self, how: How) -> Leaderboard:
        """Everybody's line in these standings."""
        return self._view(EVERYBODY, how)

    def rows_as(self, how: How) -> list[Standing]:
        """The same in order, with the points that rest on what other teams did."""
        if how == "live":
            return list(self.game.board.standings())
        folded = self._folder(how, by_member=False)
        return standings(folded.results.values(), folded.rules, folded.register)

    def public(self, now_ms: int, ask: Ask = EVERYBODY) -> Leaderboard:
        """What everybody may see; raises `Problem("bad_request")` for a category or format that is not there."""
        return self._view(ask, self.how(now_ms))

    def staff(self, ask: Ask = EVERYBODY) -> Leaderboard:
        """All there is."""
        return self._view(ask, "live")

    def result(self, team: Team, now_ms: int, *, everything: bool, member: int | None = None) -> TeamResult:
        """A team's or member's result with all that was judged, as far as it may be seen.

        Raises `Problem("standings_hidden")` where nothing may.
        """
        how: How = "live" if everything else self.how(now_ms)
        if how == "hidden":
            raise Problem("standings_hidden", "they are shown when the result is final")
        return self.result_as(how, team, member)

    def result_as(self, how: How, team: Team, member: int | None = None) -> TeamResult:
        """A team's or member's result with all that was judged, in these standings."""
        rules = self.game.rules if member is None else alone(self.game.rules)
        keep = self._keep(how)
        register = read_register(rules, keep(game_events(self.game.log)))
        if member is not None:
            only = tuple(note for note in register.members.get(team.id, ()) if note.member == member)
            register = msgspec.structs.replace(register, members={**register.members, team.id: only})
        return fold(rules, team, keep(events_about(self.game.log, register, team.id)), register)

    def extras(self, team: Team, now_ms: int) -> tuple[Line, ...]:
        """The lines of a team's score that rest on what other teams did, as far as they may be seen."""
        return self.extras_as(self.how(now_ms), team)

    def extras_as(self, how: How, team: Team) -> tuple[Line, ...]:
        """The same in these standings."""
        if how == "hidden" or not self.game.rules.crossing:
            return ()
        return extras_of(self.rows_as(how), team)

    def splits(self, result: TeamResult) -> tuple[Split, ...]:
        """The splits of a result with all that was judged."""
        return splits_of(self.game.rules, result)

    def remember(self, board: Leaderboard) -> None:
        """Somebody looks at this now, and may ask later what changed since."""
        rows = {line.bib: (line.place, line.score, line.status) for line in board.teams}
        self._looks.setdefault((board.ask, board.version), (board.as_of_ms, rows))
        while len(self._looks) > LOOKS_MAX:
            del self._looks[next(iter(self._looks))]

    def changes(self, board: Leaderboard, since: str) -> Changes:
        """What changed on a board since the version of an earlier look at the same."""
        look = self._looks.get((board.ask, since))
        if look is None:
            return Changes(since[:80], None, board.version, board.as_of_ms, known=False, changed=())
        at_ms, before = look
        changed = []
        for line in board.teams:
            old = before.get(line.bib)
            if old != (line.place, line.score, line.status):
                place, score, status = (None, None, None) if old is None else old
                changed.append(Change(line.bib, line.name, place, line.place, score, line.score, status, line.status))
        return Changes(since, at_ms, board.version, board.as_of_ms, known=True, changed=tuple(changed))

    def decisions(self) -> list[Ruled]:
        """What staff decided, as this node holds it."""
        stamp = (self.game.board.index, self.game.board.version, self.game.log.state.commit_seq)
        if self._decided is None or self._decided[0] != stamp:
            self._decided = (stamp, read_decisions(self.game))
        return self._decided[1]

    def _view(self, ask: Ask, how: How) -> Leaderboard:
        self._check(ask)
        game, board = self.game, self.game.board
        closed = game.changed_at_ms > game.rules.closes_ms
        stamp = (board.index, board.version, game.log.state.commit_seq, game.changed_at_ms, closed)
        known = self._views.get((ask, how))
        if known is not None and known[0] == stamp:
            return known[1]
        view = self._make(ask, how)
        if len(self._views) >= LOOKS_MAX:
            self._views.clear()
        self._views[ask, how] = (stamp, view)
        return view

    def _make(self, ask: Ask, how: How) -> Leaderboard:
        frozen_ms = self.game.rules.package.showing.frozen_from_ms
        if how == "live":
            view = leaderboard(self.game, ask, self._folder(how, by_member=True) if ask.by_member else None)
            return msgspec.structs.replace(view, lines_moved=self._moved())
        if how == "final":
            view = leaderboard(self.game, ask, self._folder(how, by_member=ask.by_member))
            return msgspec.structs.replace(view, lines_moved=self._moved(), as_pinned=True)
        if how == "frozen":
            view = leaderboard(self.game, ask, self._folder(how, by_member=ask.by_member))
            version = f"{view.version.rpartition('-')[0]}-frozen-{hash_of(view)}"
            return msgspec.structs.replace(
                view, shown=how, frozen_from_ms=frozen_ms, as_of_ms=frozen_ms, version=version, provisional=True
            )
        view = leaderboard(self.game)
        return msgspec.structs.replace(view, shown=how, teams=(), events=0, ask=ask, provisional=True)

    def _moved(self) -> int:
        """How many lines would be others than pinned by what came in since."""
        if self.pinned() is None:
            return 0
        return len(moved(final_rows(self.rows_as("final")), final_rows(self.rows_as("live"))))

    def _check(self, ask: Ask) -> None:
        package = self.game.rules.package
        for what, code, listed in (
            ("category", ask.category, [one.code for one in package.categories]),
            ("format", ask.format, [one.code for one in package.formats]),
        ):
            if code is not None and code not in listed:
                raise Problem("bad_request", f"no {what} {code[:40]!r}; there are {', '.join(listed) or 'none'}")

    def _folder(self, how: How, *, by_member: bool) -> Folded:
        final = self.pinned() if how == "final" else None
        which = how.encode() if final is None else final.final
        folder = self._folders.get((by_member, which))
        if folder is None:
            folder = self._folders[by_member, which] = _Folder(self.game, self._keep(how), by_member=by_member)
        return folder.folded()

    def _keep(self, how: How) -> Keep:
        if how == "final":
            return self._final
        return self._early if how == "frozen" else list

    def _final(self, events: Iterable[LoggedEvent]) -> list[LoggedEvent]:
        """Those that the result was pinned with, as this node knows it now."""
        final = self.pinned()
        return list(events) if final is None else final.keep(events)

    def _early(self, events: Iterable[LoggedEvent]) -> list[LoggedEvent]:
        """Of what is done in play and decided, that which tells a time up to the freezing; all else."""
        until_ms = self.game.rules.package.showing.frozen_from_ms
        assert until_ms is not None, "published games say from when they are frozen"
        kept = []
        for event in events:
            action = decode_action(event.payload)
            if not isinstance(action, _OF_PLAY) or action.at_ms <= until_ms:
                kept.append(event)
        return kept


def extras_of(rows: Iterable[Standing], team: Team) -> tuple[Line, ...]:
    """A team's lines of rules between teams, by the standings that hold them."""
    return next((row.extras for row in rows if row.result.team == team.id), ())


class _Folder:
    """Results folded otherwise than the scoreboard's; a team is folded again when the scoreboard folded it again."""

    def __init__(self, game: OpenGame, keep: Keep, *, by_member: bool) -> None:
        self.game, self.keep, self.by_member = game, keep, by_member
        self.rules = alone(game.rules) if by_member else game.rules
        self._source: Register | None = None
        self._register = Register()
        self._kept: dict[bytes, tuple[TeamResult, list[Any]]] = {}

    def folded(self) -> Folded:
        """The results now."""
        board = self.game.board
        results = {result.team: result for result in board.results()}
        if self._source is not board.register:
            self._source = board.register
            self._register = read_register(self.rules, self.keep(game_events(self.game.log)))
        folded = Folded(self.rules, self._register, {}, {})
        for team in self._register.teams.values():
            known = self._kept.get(team.id)
            if known is None or known[0] is not results.get(team.id):
                events = self.keep(events_about(self.game.log, self._register, team.id))
                fresh = list(fold_one(self.rules, self._register, team, events, by_member=self.by_member))
                known = self._kept[team.id] = (results[team.id], fresh)
            for key, place, result in known[1]:
                folded.results[key], folded.places[key] = result, place
        return folded


def hash_of(board: Leaderboard) -> str:
    """Eight letters that tell one set of lines from another."""
    return hashlib.sha256(msgspec.json.encode(board.teams)).hexdigest()[:8]

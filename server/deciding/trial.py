"""What decisions would move, before they are written: every place, score and status, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from client_core.game.actions import Known
from client_core.game.statuses import Status
from server.open_game import OpenGame
from server.tables import Folded, TableRow, fold_all, moves, rows_of

OTHERS = "others moved"


class Move(msgspec.Struct, frozen=True):
    """A line that would be another one: who, from what, to what, and why. `team` is an id in hex; None: no place."""

    who: str
    team: str
    name: str
    place_before: int | None
    place: int | None
    score_before: int | None
    score: int
    status_before: Status | None
    status: Status
    why: str


class Moves(msgspec.Struct, frozen=True):
    """The lines that move among all (`category` None) or in a category."""

    category: str | None
    lines: int
    rows: tuple[Move, ...]


def try_out(
    game: OpenGame, further: Mapping[bytes, Sequence[Known]], why: Mapping[str, str], of_all: str, *, by_member: bool
) -> list[Moves]:
    """What these actions by audience would move, among all and in each category.

    `why` says by team id (hex) what is about it, `of_all` what is about the game.
    """
    before = fold_all(game, by_member=by_member)
    after = fold_all(game, by_member=by_member, further=further, before=before)
    return compare(game, before, after, why, of_all)


def compare(game: OpenGame, before: Folded, after: Folded, why: Mapping[str, str], of_all: str = "") -> list[Moves]:
    """The lines that differ, among all and in each category."""
    found = []
    for category in (None, *(one.code for one in game.rules.package.categories)):
        now = rows_of(after, category=category)
        rows = tuple(
            _move(old, new, why.get(new.team, ""), of_all)
            for old, new in moves(rows_of(before, category=category), now)
        )
        found.append(Moves(category, len(now), rows))
    return found


def _move(old: TableRow | None, new: TableRow, own: str, of_all: str) -> Move:
    changed = old is None or (old.score, old.status, old.time_ms) != (new.score, new.status, new.time_ms)
    reasons = [text for text in (own, of_all if changed else "") if text]
    return Move(
        who=new.bib,
        team=new.team,
        name=new.name,
        place_before=None if old is None else old.place,
        place=new.place,
        score_before=None if old is None else old.score,
        score=new.score,
        status_before=None if old is None else old.status,
        status=new.status,
        why="; ".join(reasons) if changed and reasons else OTHERS,
    )

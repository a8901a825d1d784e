"""A game as a stage of a series: what its teams or members reached, as it was pinned, or else as it stands now."""

from __future__ import annotations

from client_core.game.actions import Member
from client_core.game.statuses import PLACED
from server.formats.stage_results import StageLine
from server.names import member_names, minors_as_teams, public_name
from server.open_game import OpenGame
from server.pinned import kept
from server.series_file import Scores
from server.tables import TableRow, fold_all, rows_of


def stage_of_game(game: OpenGame, scores: Scores) -> tuple[StageLine, ...]:
    """A line for everybody with a place: for teams, for members with their team's result, or each scored alone."""
    folded = fold_all(game, by_member=scores == "member alone", keep=kept(game))
    rows = [row for row in rows_of(folded) if row.status in PLACED]
    if scores == "team":
        called = minors_as_teams(game)
        return tuple(_line(game, row, row.name, "", called.get(bytes.fromhex(row.team))) for row in rows)
    names = member_names(game)
    notes = {team: [note for note in found if note.active] for team, found in game.board.register.members.items()}
    return tuple(
        _line(game, row, *_who(game, row, note, names))
        for row in rows
        for note in notes.get(bytes.fromhex(row.team), [])
        if row.member in {None, note.member}
    )


def _who(
    game: OpenGame, row: TableRow, note: Member, names: dict[tuple[bytes, int], str]
) -> tuple[str, str, str | None]:
    """The name and birth year of a member, and a minor's public name; who has no name is nobody's namesake."""
    known = names.get((note.team, note.member))
    bib = row.bib if row.member is not None else f"{row.bib}.{note.member}"
    name = known or f"{game.row.slug} {bib}"
    public = public_name(known, minor=True) if known else name
    return name, "" if note.birth_year is None else str(note.birth_year), public if note.minor else None


def _line(game: OpenGame, row: TableRow, name: str, birth_year: str, public: str | None) -> StageLine:
    time_s = None if row.time_ms is None else row.time_ms // 1000
    group = row.categories[0] if row.categories else ""
    return StageLine(f"game {game.row.slug}, {row.bib}", name, birth_year, group, row.score, time_s, row.bib, public)

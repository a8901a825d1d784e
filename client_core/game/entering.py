"""Entering: which categories a team stands in and what it plays, by its members and what staff decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from client_core.game.actions import Member
from client_core.game.content import Package
from client_core.game.decisions import CategorySet
from client_core.game.entrants import Category, Format, Sex
from client_core.game.teams import Team
from client_core.game.timing import Start, TimeLimit

_DAY_MS = 86_400_000


class Entered(NamedTuple):
    """What a team plays: its categories, its format, and the rules that format may change."""

    categories: tuple[str, ...]
    format: str | None
    start: Start
    limit: TimeLimit | None
    checkpoints: frozenset[int] | None
    """Those that pay in its format; None: all."""


def enter(package: Package, team: Team, members: Sequence[Member], ruled: CategorySet | None) -> Entered:
    """What a team plays. `ruled` is what staff put it into; without it its entry and its members decide."""
    categories = categories_of(package, team, members, ruled)
    code = team.format if ruled is None else ruled.format
    if code is None:
        by_code = {category.code: category.format for category in package.categories}
        code = next((found for one in categories if (found := by_code.get(one)) is not None), None)
    played = next((one for one in package.formats if one.code == code), None)
    return Entered(categories, code, *_as_played(package, played))


def categories_of(
    package: Package, team: Team, members: Sequence[Member], ruled: CategorySet | None
) -> tuple[str, ...]:
    """The codes of the team's categories, in the game's order; only the first where a team stands in one."""
    if ruled is not None:
        return tuple(ruled.categories)
    year = year_of(package.opens_at_ms)
    found = tuple(
        category.code
        for category in package.categories
        if category.code in team.categories or (not category.assigned_only and meets(category, members, year))
    )
    if not package.one_category:
        return found or team.categories
    assigned = tuple(code for code in found if code in team.categories)
    return (assigned or found or team.categories)[:1]


def meets(category: Category, members: Sequence[Member], year: int) -> bool:
    """Whether a team of these members meets a category's conditions in that year; one of unknown age meets no age."""
    ages = [None if one.birth_year is None else year - one.birth_year for one in members]
    known = [age for age in ages if age is not None]
    asks_age = category.age_min is not None or category.age_max is not None or category.age_sum_min is not None
    if asks_age and (len(known) < len(ages) or not known):
        return False
    females = sum(one.sex is Sex.FEMALE for one in members)
    males = sum(one.sex is Sex.MALE for one in members)
    bounds = (
        (min(known, default=0), category.age_min, None),
        (max(known, default=0), None, category.age_max),
        (sum(known), category.age_sum_min, None),
        (len(members), category.size_min, category.size_max),
        (females, category.female_min, None),
        (males, category.male_min, None),
    )
    if any((low is not None and value < low) or (high is not None and value > high) for value, low, high in bounds):
        return False
    return category.sex is None or (bool(members) and all(one.sex is category.sex for one in members))


def year_of(at_ms: int) -> int:
    """The year of a time, in UTC, by the proleptic Gregorian calendar."""
    days = at_ms // _DAY_MS + 719_468  # since 1 March of the year 0
    era, day = divmod(days, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day_of_year = day - (365 * year + year // 4 - year // 100)
    return era * 400 + year + (day_of_year >= 306)


def _as_played(package: Package, played: Format | None) -> tuple[Start, TimeLimit | None, frozenset[int] | None]:
    if played is None:
        return package.start, package.limit, None
    return (
        package.start if played.start is None else played.start,
        package.limit if played.limit is None else played.limit,
        None if played.checkpoints is None else frozenset(played.checkpoints),
    )

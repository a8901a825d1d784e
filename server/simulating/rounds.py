"""The best round: from start to finish within a budget, with as many points as one finds (the orienteering problem).

Iterated local search (after Vansteenwegen, Souffriau and Van Oudheusden, "The
orienteering problem: a survey", 2011): a round is filled by what pays most for
its detour, shortened by turning and moving pieces of it, freed of what others
would pay more for; then a piece is cut out and it goes on from there. It finds
valid rounds, not proofs; costs and points are integers, so a seed gives the
same round everywhere.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import msgspec

Costs = Sequence[Sequence[int]]
"""What the way from a place to another costs, by their numbers; need not be symmetric."""

WORK = 1_000_000
"""Cuts times places squared: a second for thirty places, half a minute for four hundred."""
CUTS_MIN, CUTS_MAX = 10, 1_000
STALE_MAX = 40
"""After so many cuts without gain the search begins anew, and the next time goes back to the best round."""
SCATTERED_EVERY = 4
SPREADS = (30, 60, 98)
"""How far the dice blur what a place is worth, in percent."""
_FAR = 1 << 62


class Round(msgspec.Struct, frozen=True):
    """A round: its places with start and finish, what they pay together, and what the way costs."""

    places: tuple[int, ...]
    points: int
    cost: int


def best_round(
    costs: Costs,
    points: Sequence[int],
    budget: int,
    start: int,
    finish: int,
    *,
    seed: int = 0,
    cuts: int | None = None,
    told: Callable[[float], None] | None = None,
) -> Round | None:
    """The best round found from `start` to `finish` that costs at most `budget`; None where even the way is too long.

    Places that pay nothing, or less, are visited only as start or finish. `told`
    hears how much of the search is done, from 0 to 1.
    """
    search = _Search(costs, points, budget, seed)
    route = [start, finish]
    if search.cost(route) > budget:
        return None
    route = search.improve(route)
    best = current = search.worth(route)
    best_route = route
    count = max(CUTS_MIN, min(CUTS_MAX, WORK // max(1, len(points) ** 2))) if cuts is None else cuts
    stale, anew = 0, True
    for number in range(count):
        if told is not None and number % 8 == 0:
            told(number / count)
        tried = search.improve(search.cut(route))
        worth = search.worth(tried)
        if worth >= current:
            route, current = tried, worth
        if worth > best:
            best, best_route, stale = worth, tried, 0
        else:
            stale += 1
        if stale >= STALE_MAX:
            route, stale, anew = ([start, finish] if anew else best_route), 0, not anew
            current = search.worth(route)
    return Round(tuple(best_route), best[0], -best[1])


class _Search:
    """The moves of the search. A route is a list of places that begins with the start and ends with the finish."""

    def __init__(self, costs: Costs, points: Sequence[int], budget: int, seed: int) -> None:
        self.costs, self.points, self.budget = costs, points, budget
        self.paying = [place for place, worth in enumerate(points) if worth > 0]
        self.random = random.Random(seed)  # noqa: S311 - a search that can be seen again, no secret

    def cost(self, route: Sequence[int]) -> int:
        return sum(self.costs[a][b] for a, b in itertools.pairwise(route))

    def worth(self, route: Sequence[int]) -> tuple[int, int]:
        """What routes are compared by: points, then the shorter way."""
        return sum(max(0, self.points[place]) for place in set(route)), -self.cost(route)

    def improve(self, route: list[int]) -> list[int]:
        """Shorten and fill in turns until nothing more is gained."""
        while True:
            before = self.worth(route)
            route = self.filled(self.moved(self.turned(route)))
            route = self.exchanged(route)
            if self.worth(route) <= before:
                return route

    def cut(self, route: list[int]) -> list[int]:
        """The route without a random piece of it, now and then without any that the dice choose."""
        inner = len(route) - 2
        if inner < 1:
            return route[:]
        if self.random.randrange(SCATTERED_EVERY) == 0:
            return [route[0], *(place for place in route[1:-1] if self.random.randrange(2)), route[-1]]
        length = self.random.randint(1, max(1, (inner * 2) // 5))
        first = self.random.randint(1, inner - length + 1)
        return route[:first] + route[first + length :]

    def filled(self, route: list[int]) -> list[int]:
        """Put in, one after the other, what pays most for its detour, as long as the budget lasts.

        "Most" is by a power of the points a detour, blurred by the dice, so that
        no two fillings are alike.
        """
        costs, points = self.costs, self.points
        after = dict(itertools.pairwise(route))
        left = self.budget - self.cost(route)
        spread = self.random.choice(SPREADS)
        blur = {place: self.random.randint(100 - spread, 100 + spread) for place in self.paying}
        power = self.random.randint(0, 3)
        here = set(route)
        nearest = {place: self._cheapest(after, place) for place in self.paying if place not in here}
        while True:
            found, ratio = -1, -1.0
            for place, (extra, _) in nearest.items():
                worth = points[place] ** power * blur[place] / max(1, extra)
                if extra <= left and worth > ratio:
                    found, ratio = place, worth
            if found < 0:
                break
            extra, before = nearest.pop(found)
            left -= extra
            behind = after[before]
            after[before], after[found] = found, behind
            for place, (known, at) in nearest.items():
                if at == before:
                    nearest[place] = self._cheapest(after, place)
                    continue
                ways = costs[before][place] + costs[place][found] - costs[before][found]
                more = costs[found][place] + costs[place][behind] - costs[found][behind]
                nearest[place] = min((known, at), (ways, before), (more, found))
        return _in_order(after, route[0], route[-1], len(after))

    def turned(self, route: list[int]) -> list[int]:
        """Turn pieces round as long as that shortens the way (2-opt, for ways that may differ by direction)."""
        costs = self.costs
        route = route[:]
        while True:
            there, back = [0], [0]
            for a, b in itertools.pairwise(route):
                there.append(there[-1] + costs[a][b])
                back.append(back[-1] + costs[b][a])
            best, turn = 0, None
            for i in range(1, len(route) - 2):
                before, first = route[i - 1], route[i]
                for j in range(i + 1, len(route) - 1):
                    last, behind = route[j], route[j + 1]
                    old = costs[before][first] + there[j] - there[i] + costs[last][behind]
                    new = costs[before][last] + back[j] - back[i] + costs[first][behind]
                    if new - old < best:
                        best, turn = new - old, (i, j)
            if turn is None:
                return route
            i, j = turn
            route[i : j + 1] = route[i : j + 1][::-1]

    def moved(self, route: list[int]) -> list[int]:
        """Move single places to where they are less out of the way."""
        costs = self.costs
        route = route[:]
        at = 1
        while at < len(route) - 1:
            before, place, behind = route[at - 1 : at + 2]
            saved = costs[before][place] + costs[place][behind] - costs[before][behind]
            rest = route[:at] + route[at + 1 :]
            extra, where = min(
                (costs[a][place] + costs[place][b] - costs[a][b], n)
                for n, (a, b) in enumerate(itertools.pairwise(rest), 1)
            )
            if extra < saved:
                route = [*rest[:where], place, *rest[where:]]
                at = 1
            else:
                at += 1
        return route

    def exchanged(self, route: list[int]) -> list[int]:
        """Give one place for another that pays more, or as much with a shorter way, where that fits."""
        costs, points = self.costs, self.points
        here = set(route)
        length = self.cost(route)
        best: tuple[int, int, list[int]] = (0, 0, route)
        for at in range(1, len(route) - 1):
            before, place, behind = route[at - 1 : at + 2]
            rest = route[:at] + route[at + 1 :]
            saved = costs[before][place] + costs[place][behind] - costs[before][behind]
            for other in self.paying:
                gain = points[other] - max(0, points[place])
                if other in here or gain < best[0]:
                    continue
                extra, where = min(
                    (costs[a][other] + costs[other][b] - costs[a][b], n)
                    for n, (a, b) in enumerate(itertools.pairwise(rest), 1)
                )
                if length - saved + extra <= self.budget and (gain, saved - extra) > best[:2]:
                    best = gain, saved - extra, [*rest[:where], other, *rest[where:]]
        return best[2]

    def _cheapest(self, after: dict[int, int], place: int) -> tuple[int, int]:
        """The least detour over a place, and the place it is put behind."""
        costs, ways = self.costs, self.costs[place]
        return min(((costs[a][place] + ways[b] - costs[a][b], a) for a, b in after.items()), default=(_FAR, -1))


def _in_order(after: dict[int, int], start: int, finish: int, legs: int) -> list[int]:
    """The route that these successors spell; start and finish may be one place."""
    route = [start]
    for _ in range(legs):
        route.append(after[route[-1]])
    assert route[-1] == finish
    return route

"""A package made ready for judging: look-up tables built once, read millions of times.

Nothing here is new information; whatever folds holds one `Rules` a package.
"""

from __future__ import annotations

import msgspec

from client_core.game.checkpoints import Checkpoint
from client_core.game.content import Package
from client_core.game.fences import Fence
from client_core.game.timing import MassStart, StartList
from client_core.game.verdicts import Accepted

CLOCK_SUSPECT_MS = 12 * 3_600_000
"""How far outside the game's opening hours a clock may be before it is not believed. Early birds and phones
that lie on after the game stay within it; a clock that was never set is years away."""


class Rules(msgspec.Struct, frozen=True):
    """Tables by checkpoint number, and the package's times as the judge compares them."""

    package: Package
    checkpoints: tuple[Checkpoint, ...]
    fences: tuple[Fence | None, ...]
    codes: tuple[str, ...]
    accepted: tuple[Accepted, ...]
    """What each checkpoint pays, as the verdict itself."""
    methods: frozenset[int]
    finish: int
    """The number of the finish, -1 where there is none."""
    accuracy_dm_max: int
    opens_ms: int
    closes_ms: int
    believed_from_ms: int
    believed_to_ms: int
    elapsed_ms_max: int
    """A longer time between start and finish is the work of a clock."""

    def start_of(self, listed_ms: int | None) -> int | None:
        """When a team starts that the start list gives this time; None where it starts itself."""
        start = self.package.start
        if isinstance(start, MassStart):
            return start.at_ms if listed_ms is None else listed_ms
        return listed_ms if isinstance(start, StartList) else None

    def last_ms(self, start_ms: int) -> int:
        """The last moment at which a check-in pays a team that started then."""
        limit = self.package.limit
        if limit is None or limit.late_ms_max is None:
            return self.closes_ms
        return min(self.closes_ms, start_ms + self.limit_ms(start_ms) + limit.late_ms_max)

    def limit_ms(self, start_ms: int) -> int:
        """How long a team may play that starts then."""
        limit = self.package.limit
        assert limit is not None
        spans = []
        if limit.limit_ms is not None:
            spans.append(limit.limit_ms)
        if limit.back_by_ms is not None:
            spans.append(max(0, limit.back_by_ms - start_ms))
        return min(spans)


def compile_rules(package: Package) -> Rules:
    """The tables of a package that `content.decode_package` or `publish.publish` gave."""
    points = sorted({checkpoint.points for checkpoint in package.checkpoints})
    accepted_by_points = {worth: Accepted(worth) for worth in points}
    return Rules(
        package=package,
        checkpoints=package.checkpoints,
        fences=tuple(checkpoint.fence for checkpoint in package.checkpoints),
        codes=tuple(checkpoint.code for checkpoint in package.checkpoints),
        accepted=tuple(accepted_by_points[checkpoint.points] for checkpoint in package.checkpoints),
        methods=frozenset(map(int, package.kinds[0].methods)),
        finish=-1 if package.finish.checkpoint is None else package.finish.checkpoint,
        accuracy_dm_max=package.kinds[0].accuracy_mm_max // 100,
        opens_ms=package.opens_at_ms,
        closes_ms=package.closes_at_ms,
        believed_from_ms=package.opens_at_ms - CLOCK_SUSPECT_MS,
        believed_to_ms=package.closes_at_ms + CLOCK_SUSPECT_MS,
        elapsed_ms_max=package.closes_at_ms - package.opens_at_ms + CLOCK_SUSPECT_MS,
    )

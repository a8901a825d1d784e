"""A team's page: its visits with leg times and running totals, and every other point it was given or lost."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from zoneinfo import ZoneInfo

from client_core.game.content import Package
from client_core.game.lines import Line
from client_core.game.results import TeamResult
from server.leaderboard import elapsed_text
from server.local_time import clock_text, zone_of
from server.splits import Split
from server.web.leaderboard_page import MINUS, STATUS_WORDS
from server.web.page_head import page_head

_BODY = """<a class="skip" href="#splits">Skip to the splits</a>
<header>
<p><a href="{back}">Leaderboard</a></p>
<h1>{name} <span class="bib">{bib}</span></h1>
<p class="rules">{state}: {points} points {minus} {penalties} penalties = <strong>{score}</strong>{time}</p>
</header>
<main>
<div class="scroll" tabindex="0" role="region" aria-label="Splits">
<table id="splits">
<caption>Visits in the order of their times</caption>
<thead><tr><th scope="col" class="n">No.</th><th scope="col">Checkpoint</th><th scope="col" class="n">At</th>
<th scope="col" class="n">Leg</th><th scope="col" class="n">Time</th><th scope="col" class="n">Points</th>
<th scope="col" class="n">Sum</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
{others}
</main>
</body>
</html>
"""

_ROW = (
    '<tr><td class="n">{number}</td><th scope="row">{code}{name}</th><td class="n">{at}</td>'
    '<td class="n leg">{leg}</td><td class="n">{total}</td><td class="n">{points}</td>'
    '<td class="n score">{sum}</td></tr>'
)


def render_team(
    package: Package, result: TeamResult, name: str, bib: str, splits: Sequence[Split],
    others: Sequence[tuple[Line, str]], back: str,
) -> str:  # fmt: skip
    """The whole page; everything that people wrote is escaped. `others`: lines of no visit, with their sentences."""
    zone = zone_of(package.time_zone)
    time = f" in {elapsed_text(result.time_ms)}" if result.time_ms is not None else ""
    return page_head(f"{name}: {package.name}") + _BODY.format(
        back=escape(back),
        name=escape(name),
        bib=escape(bib),
        state=STATUS_WORDS[result.status],
        points=result.points,
        penalties=result.penalties,
        score=result.score,
        minus=MINUS,
        time=time,
        rows="\n".join(_row(number, split, zone) for number, split in enumerate(splits, 1)),
        others=_others(others),
    )


def _row(number: int, split: Split, zone: ZoneInfo) -> str:
    name = f" {split.name}" if split.name and split.name != split.code else ""
    granted = ' <span class="note">granted by staff</span>' if split.granted else ""
    return _ROW.format(
        number=number,
        code=escape(split.code),
        name=escape(name) + granted,
        at=_clock(split.at_ms, zone),
        leg=_span(split.leg_ms),
        total=_span(split.total_ms),
        points=split.points,
        sum=split.total_points,
    )


def _others(others: Sequence[tuple[Line, str]]) -> str:
    if not others:
        return ""
    items = "".join(
        f"<li><strong>{f'+{line.points}' if line.points > 0 else f'{MINUS}{-line.points}'}</strong> {escape(text)}</li>"
        for line, text in others
    )
    return f'<section><h2>Other points</h2><ul class="others">{items}</ul></section>'


def _span(span_ms: int | None) -> str:
    """A span, also one that a clock made negative."""
    if span_ms is None or span_ms >= 0:
        return elapsed_text(span_ms)
    return f"{MINUS}{elapsed_text(-span_ms)}"


def _clock(at_ms: int | None, zone: ZoneInfo) -> str:
    return "-" if at_ms is None else clock_text(at_ms, zone, "?", "%H:%M:%S")

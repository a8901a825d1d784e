"""The leaderboard as HTML. The script replaces the same parts with the same words when something changes."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from client_core.game.content import Package
from client_core.game.scoring import Status
from server.leaderboard import Leaderboard, TeamLine, elapsed_text, limit_text

STATUS_WORDS = {
    Status.INACTIVE: "not heard of",
    Status.ACTIVE: "playing",
    Status.FINISHED: "finished",
    Status.OK: "finished",
    Status.MISSING_CHECKPOINT: "missing checkpoint",
    Status.OVER_TIME: "over time",
    Status.DID_NOT_FINISH: "did not finish",
    Status.SPORTING_WITHDRAWAL: "withdrew",
    Status.DISQUALIFIED: "disqualified",
    Status.DID_NOT_START: "did not start",
    Status.DID_NOT_ENTER: "did not enter",
    Status.CANCELLED: "cancelled",
    Status.NOT_COMPETING: "not competing",
}
MINUS = "\N{MINUS SIGN}"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/leaderboard.css">
<script src="/static/leaderboard.js" defer></script>
</head>
<body>
<a class="skip" href="#board">Skip to the leaderboard</a>
<header>
<h1>{name}</h1>
<p class="rules">{rules}</p>
</header>
<main data-events="{events}" data-zone="{zone}" data-now="{now_ms}">
<p id="state" class="state {state_class}" role="status">{state}</p>
<p class="facts"><span id="heard">{heard}</span> ·
 <span>as of <time id="as-of" datetime="{as_of_iso}">{as_of}</time></span>
 <span id="age"></span> · <span id="link">{link}</span></p>
<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard">
<table id="board">
<caption>Teams in order of place</caption>
<thead><tr><th scope="col" class="n">Place</th><th scope="col">Team</th><th scope="col" class="n">Score</th>
<th scope="col" class="n">Points</th><th scope="col" class="n">Penalty</th><th scope="col" class="n">Time</th>
<th scope="col">Status</th></tr></thead>
<tbody id="rows">
{rows}
</tbody>
</table>
</div>
<p id="empty" class="empty"{hidden}>No team has registered yet.</p>
</main>
<footer><p>Points {minus} penalty = score. Finished teams come first, then score, then time. {source}</p></footer>
</body>
</html>
"""

_ROW = (
    '<tr class="{status}"><td class="n place">{place}</td><th scope="row">{name} <span class="bib">{number}</span></th>'
    '<td class="n score">{score}</td><td class="n">{points}</td><td class="n">{penalties}</td>'
    '<td class="n">{time}</td><td class="status">{word}</td></tr>'
)


def render(board: Leaderboard, package: Package, now_ms: int) -> str:
    """The whole page; everything that people wrote is escaped."""
    as_of = datetime.fromtimestamp(board.as_of_ms / 1000, UTC).astimezone(_zone(package.time_zone))
    source = "From the organiser's main server." if board.level == "hq" else "From the server at the venue."
    return _PAGE.format(
        title=escape(f"{board.name}: leaderboard"),
        name=escape(board.name),
        rules=escape(f"{len(package.checkpoints)} checkpoints · {limit_text(package.limit)}"),
        events=escape(f"/api/v1/{board.tenant}/games/{board.game_id}/events"),
        zone=escape(package.time_zone),
        now_ms=now_ms,
        state=state_text(board),
        state_class="provisional" if board.provisional else "complete",
        heard=heard_text(board),
        as_of=as_of.strftime("%H:%M:%S"),
        as_of_iso=as_of.isoformat(timespec="seconds"),
        link="not live",
        rows="\n".join(_row(team) for team in board.teams),
        hidden=" hidden" if board.teams else "",
        source=source,
        minus=MINUS,
    )


def state_text(board: Leaderboard) -> str:
    """Whether what is shown can still change."""
    return "Provisional: results can still change" if board.provisional else "Complete: every device was heard"


def heard_text(board: Leaderboard) -> str:
    """How complete the leaderboard is."""
    return f"{board.devices_heard} of {board.devices} devices heard"


def _row(team: TeamLine) -> str:
    return _ROW.format(
        place="-" if team.place is None else team.place,
        name=escape(team.name),
        number=team.number,
        score=team.score,
        points=team.points,
        penalties=f"{MINUS}{team.penalties}" if team.penalties else "0",
        time=elapsed_text(team.time_ms),
        word=STATUS_WORDS[team.status],
        status=team.status,
    )


def _zone(name: str) -> ZoneInfo:
    """The game's zone; UTC where this system does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")

"""The leaderboard as HTML. The script replaces the same parts with the same words when something changes."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

import msgspec

from client_core.game.challenges import Form
from client_core.game.content import Package
from client_core.game.scoring import Status
from server.leaderboard import Ask, Leaderboard, TeamLine, elapsed_text, limit_text, span_text
from server.local_time import zone_of
from server.shown import Change, Changes
from server.web.page_head import page_head

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

_BODY = """<a class="skip" href="#board">Skip to the leaderboard</a>
<header>
<h1>{name}</h1>
<p class="rules">{rules}</p>
</header>
{nav}<main data-events="{events}" data-zone="{zone}" data-now="{now_ms}" data-team="{team_base}" data-look="{look}"
 data-version="{version}" data-shown="{shown}">
<p id="state" class="state {state_class}" role="status">{state}</p>
<p class="facts"><span id="heard" data-oldest="{oldest_ms}">{heard}</span> ·
 <span>as of <time id="as-of" datetime="{as_of_iso}">{as_of}</time></span>
 <span id="age"></span> · <span id="link">{link}</span></p>
{changes}
<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard">
<table id="board">
<caption>{caption}</caption>
<thead><tr><th scope="col" class="n">Place</th><th scope="col">Team</th><th scope="col" class="n">Score</th>
<th scope="col" class="n">Points</th><th scope="col" class="n">Penalty</th><th scope="col" class="n">Time</th>
<th scope="col">Status</th></tr></thead>
<tbody id="rows">
{rows}
</tbody>
</table>
</div>
<p id="empty" class="empty"{hidden}>{empty}</p>
</main>
<footer>{gallery}<p>Points {minus} penalty = score. Finished teams come first, then score, then time. {source}</p>
<p class="later"><a href="{later}">What changes from now on</a>: keep that address, and open it later.</p></footer>
</body>
</html>
"""

_ROW = (
    '<tr class="{status}" data-bib="{bib}" data-place="{place}" data-score="{score}">'
    '<td class="n place">{place}</td><th scope="row"><a href="{link}">{name}</a> <span class="bib">{bib}</span></th>'
    '<td class="n score">{score}{maybe}</td><td class="n">{points}</td><td class="n">{penalties}</td>'
    '<td class="n">{time}</td><td class="status">{word}</td></tr>'
)
MAYBE = '<abbr class="maybe" title="may still change: not everybody was heard">?</abbr>'


def render(
    board: Leaderboard, package: Package, now_ms: int, changes: Changes | None = None, *, for_staff: bool = False
) -> str:
    """The whole page; everything that people wrote is escaped. `changes`: since a look the viewer named."""
    as_of = datetime.fromtimestamp(board.as_of_ms / 1000, UTC).astimezone(zone_of(package.time_zone))
    source = "From the organiser's main server." if board.level == "hq" else "From the server at the venue."
    home = f"/{board.tenant}/{board.game}"
    here = f"{home}/staff/standings" if for_staff else home
    query = query_of(board.ask)
    stream = f"{here}/events" if for_staff else f"/api/v1/{board.tenant}/games/{board.game_id}/events"
    return page_head(f"{board.name}: leaderboard", script="leaderboard.js") + _BODY.format(
        name=escape(board.name),
        rules=escape(f"{len(package.checkpoints)} checkpoints · {limit_text(package.limit)}"),
        nav=_nav(board, here),
        events=escape(stream + query),
        team_base=escape(f"{home}/staff/team/" if for_staff else f"{home}/team/"),
        look=escape(f"{board.game_id}{query}"),
        version=escape(board.version),
        shown=board.shown,
        zone=escape(package.time_zone),
        now_ms=now_ms,
        state=state_text(board, package.time_zone),
        state_class=state_class(board),
        heard=heard_text(board, now_ms),
        oldest_ms="" if board.oldest_heard_ms is None else board.oldest_heard_ms,
        as_of=as_of.strftime("%H:%M:%S"),
        as_of_iso=as_of.isoformat(timespec="seconds"),
        link="not live",
        changes=_changes(changes, package.time_zone),
        caption=_caption(board),
        rows="\n".join(_row(team, f"{home}/staff/team/" if for_staff else f"{home}/team/") for team in board.teams),
        hidden=" hidden" if board.teams else "",
        empty=_empty(board),
        source=source,
        minus=MINUS,
        gallery=f'<p><a href="{escape(home)}/gallery">Photos</a></p>\n' if asks_for_photos(package) else "",
        later=escape(f"{here}{query}{'&' if query else '?'}{urlencode({'since': board.version})}"),
    )


def _empty(board: Leaderboard) -> str:
    """Why there are no lines, for everybody."""
    if board.shown == "hidden":
        return "The standings are shown when the result is final."
    if board.level == "hq":
        return "No team is registered yet."
    return "This server at the venue knows no team yet. It lists those of headquarters when the two have met."


def asks_for_photos(package: Package) -> bool:
    """Whether some challenge of the game is a photo."""
    return any(one.form is Form.PHOTO for one in package.challenges)


def state_text(board: Leaderboard, time_zone: str | None = None) -> str:
    """Whether what is shown can still change."""
    if board.final is not None:
        final = "Final result" + (f", amended ({board.final})" if board.final else "")
        if not board.lines_moved:
            return final
        lines = f"{board.lines_moved} line{'' if board.lines_moved == 1 else 's'}"
        if board.as_pinned:
            return f"{final}; what came in since would change {lines}"
        return f"Not the final result: what came in since changes {lines}"
    if board.shown == "hidden":
        return "Hidden: the standings are shown when the result is final"
    if board.shown == "frozen" and board.frozen_from_ms is not None:
        at = datetime.fromtimestamp(board.frozen_from_ms / 1000, UTC).astimezone(zone_of(time_zone or board.time_zone))
        return f"Frozen: as it was at {at:%H:%M}, until the result is final"
    return "Provisional: results can still change" if board.provisional else "Complete: every device was heard"


def state_class(board: Leaderboard) -> str:
    """How the state is coloured."""
    return "provisional" if board.provisional and board.final is None else "complete"


def heard_text(board: Leaderboard, now_ms: int | None = None) -> str:
    """How complete the leaderboard is; with `now_ms` how long ago the one was heard that was silent for longest."""
    text = f"{board.devices_heard} of {board.devices} devices heard"
    if now_ms is None or board.oldest_heard_ms is None:
        return text
    return f"{text}, the oldest {span_text(now_ms - board.oldest_heard_ms)} ago"


def query_of(ask: Ask) -> str:
    """The part of an address that asks for these lines; empty for all teams."""
    said = {"category": ask.category, "format": ask.format, "by": "member" if ask.by_member else None}
    found = urlencode({name: value for name, value in said.items() if value is not None})
    return f"?{found}" if found else ""


def _nav(board: Leaderboard, here: str) -> str:
    """Links to the standings of all, of categories and formats, of members; nothing where there are none."""
    if not (board.categories or board.formats or board.has_members):
        return ""
    ask = board.ask
    rows = [
        [("All", msgspec.structs.replace(ask, category=None, format=None))]
        + [(name, msgspec.structs.replace(ask, category=code, format=None)) for code, name in board.categories]
        + [(name, msgspec.structs.replace(ask, category=None, format=code)) for code, name in board.formats]
    ]
    if board.has_members:
        rows.append([("Teams", msgspec.structs.replace(ask, by_member=False))])
        rows[-1].append(("Members", msgspec.structs.replace(ask, by_member=True)))
    lists = "".join(
        "<ul>" + "".join(_nav_item(here, name, to, current=to == ask) for name, to in row) + "</ul>" for row in rows
    )
    return f'<nav aria-label="Whose standings">{lists}</nav>\n'


def _nav_item(here: str, name: str, to: Ask, *, current: bool) -> str:
    mark = ' aria-current="page"' if current else ""
    return f'<li><a href="{escape(here + query_of(to))}"{mark}>{escape(name)}</a></li>'


def _caption(board: Leaderboard) -> str:
    who = "Members" if board.ask.by_member else "Teams"
    names = dict(board.categories), dict(board.formats)
    code = board.ask.category if board.ask.category is not None else board.ask.format
    of = "" if code is None else f" of {names[board.ask.category is None].get(code, code)}"
    return escape(f"{who}{of} in order of place")


def _changes(changes: Changes | None, time_zone: str) -> str:
    """What changed since the look that the viewer named; the script fills in its own."""
    if changes is None:
        return '<section id="since" aria-labelledby="since-title" hidden></section>'
    title, text = "your last look", "<p>This server does not remember that look any more.</p>"
    if changes.known and changes.since_ms is not None:
        at = datetime.fromtimestamp(changes.since_ms / 1000, UTC).astimezone(zone_of(time_zone))
        items = "".join(f"<li>{escape(change_text(one))}</li>" for one in changes.changed)
        title, text = f"your look at {at:%H:%M:%S}", f"<ul>{items}</ul>" if items else "<p>Nothing changed.</p>"
    head = f'<h2 id="since-title">Since {title}</h2>'
    return f'<section id="since" aria-labelledby="since-title">{head}{text}</section>'


def change_text(one: Change) -> str:
    """A change in words: `Owls #7: place 3 to 1, 20 to 40 points`."""
    parts = []
    if one.place_before != one.place:
        parts.append(f"place {one.place_before or 'none'} to {one.place or 'none'}")
    if one.score_before is None:
        parts.append(f"new, {one.score} points")
    elif one.score_before != one.score:
        parts.append(f"{one.score_before} to {one.score} points")
    if one.status_before != one.status:
        parts.append(STATUS_WORDS[one.status])
    return f"{one.name} #{one.bib}: {', '.join(parts)}"


def _row(team: TeamLine, team_base: str) -> str:
    return _ROW.format(
        place="-" if team.place is None else team.place,
        name=escape(team.name),
        link=escape(team_base + team.bib),
        bib=team.bib,
        score=team.score,
        maybe=MAYBE if team.provisional else "",
        points=team.points,
        penalties=f"{MINUS}{team.penalties}" if team.penalties else "0",
        time=elapsed_text(team.time_ms),
        word=STATUS_WORDS[team.status],
        status=team.status,
    )

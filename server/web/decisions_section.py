"""The decisions on the staff page: what stands, device moves and disputes among it, what was undone and why."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from client_core.game.decisions import AnswerJudged, Undone
from server.deciding.naming import Names
from server.deciding.standing import Ruled
from server.deciding.telling import words
from server.judging_answers import REASON as BY_NODE

LISTED_MAX = 200
"""The latest ones; `wayfold decide list` has all."""

_HEAD = (
    '<section id="decisions" aria-labelledby="decisions-title"><h2 id="decisions-title">Decisions '
    "<small>{tally}</small></h2>"
)
_TABLE = (
    '<div class="scroll" tabindex="0" role="region" aria-label="Decisions"><table><thead><tr><th scope="col">At</th>'
    '<th scope="col">Decision</th><th scope="col">State</th><th scope="col">Reason</th></tr></thead><tbody>'
)
_ROW = (
    '<tr class="{classes}"><td>{at}</td><th scope="row">{words}</th><td>{state}</td><td><p>{reason}</p>{undo}</td></tr>'
)
_UNDO = (
    '<form method="post" action="staff/undo"><input type="hidden" name="decision" value="{id}">'
    '<label>Why <input name="reason" maxlength="200" required></label>'
    '<button aria-label="Undo: {words}">Undo</button></form>'
)


def render_decisions(names: Names, ruled: Sequence[Ruled], *, may_decide: bool) -> str:
    """The section; everything that people wrote is escaped. What a node judged itself is counted, not listed."""
    shown = [one for one in ruled if not isinstance(one.action, Undone) and not _by_node(one)]
    judged = sum(map(_by_node, ruled))
    disputed = sum(one.disputed for one in shown)
    standing = sum(one.state == "stands" for one in shown)
    tally = f"{standing} stand, {len(shown) - standing} do not" + (f", {disputed} DISPUTED" if disputed else "")
    tally += f"; {judged} answers judged by this server" if judged else ""
    if not shown:
        return _HEAD.format(tally=tally) + "<p>Nothing was decided.</p></section>"
    rows = [_row(names, one, may_decide=may_decide) for one in list(reversed(shown))[:LISTED_MAX]]
    return _HEAD.format(tally=tally) + _TABLE + "\n".join(rows) + "</tbody></table></div></section>"


def _by_node(one: Ruled) -> bool:
    return isinstance(one.action, AnswerJudged) and one.action.reason == BY_NODE


def _row(names: Names, one: Ruled, *, may_decide: bool) -> str:
    says = escape(words(names, one.action))
    state = escape(one.state) + ("<br><strong>disputed</strong>" if one.disputed else "")
    undo = _UNDO.format(id=one.id.hex(), words=says) if may_decide and one.state in {"stands", "overruled"} else ""
    return _ROW.format(
        classes="late" if one.disputed else "",
        at=names.clock(one.action.at_ms),
        words=says,
        state=state,
        reason=escape(one.action.reason),
        undo=undo,
    )

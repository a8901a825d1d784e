"""The kiosk's page for check-ins as HTML: who, where, and whose it is where the game asks for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple
from urllib.parse import quote

from client_core.game.content import Package
from client_core.game.teams import Team
from server.kiosk_check_in import FINISH, Asked, Unsaid
from server.web.page_head import page_head

_BODY = """<header><h1>{name}: check in</h1>
<p class="rules">{label} · <a href="../staff">staff page</a></p></header>
<main>
{wrong}{told}{form}
</main>
</body>
</html>
"""
_FORM = """<form method="post" action="check-in" class="say">
<label for="checkpoint">Checkpoint</label>
<select id="checkpoint" name="checkpoint" required>{places}</select>
<label for="who">Badge, number or name</label>
<input id="who" name="who" value="{who}" autocomplete="off" spellcheck="false" required maxlength="200" autofocus>
<label for="at">When</label>
<input id="at" name="at" value="{at}" autocomplete="off" maxlength="40" placeholder="now, or 13:05 from a paper card">
<label><input type="checkbox" name="back"{back}> and back: they need nobody to look for them</label>
<button>Check in</button>
</form>"""
_ASK = """<form method="post" action="check-in" class="say" aria-labelledby="whose">
<h2 id="whose">Whose is it? {team} at {place}</h2>
<p>The game looks at each member of a team. Say who was there.</p>
<input type="hidden" name="checkpoint" value="{checkpoint}"><input type="hidden" name="who" value="{who}">
<input type="hidden" name="at" value="{at}">{back}
{members}
<button>Check these in</button>
<button name="everybody" value="on">All {count} were there</button>
<p><a href="check-in?checkpoint={query}">Nobody: go back</a></p>
</form>"""
_MEMBER = '<label><input type="checkbox" name="member-{number}"> {label} {name}</label>'


class Told(NamedTuple):
    """What a check-in that was written came to, a sentence a line."""

    team: Team
    place: str
    lines: Sequence[str]


def render(
    package: Package,
    label: str,
    asked: Asked,
    *,
    unsaid: Unsaid | None = None,
    names: Mapping[tuple[bytes, int], str] | None = None,
    told: Told | None = None,
    wrong: str = "",
) -> str:
    """The whole page: the question whose it is, or else the form.

    `names` by team and member are shown where this role may see them.
    """
    return page_head(f"{package.name}: check in", staff=True) + _BODY.format(
        name=escape(package.name),
        label=escape(label),
        wrong=f'<p class="state provisional" role="alert">{escape(wrong)}</p>\n' if wrong else "",
        told=_told(told) if told is not None else "",
        form=_form(package, asked) if unsaid is None else _question(asked, unsaid, names or {}),
    )


def _told(told: Told) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in told.lines)
    what = f"{told.team.number} {told.team.name} at {told.place}"
    return f'<article role="status"><h3>Saved: {escape(what)}</h3>{lines}</article>\n'


def _form(package: Package, asked: Asked) -> str:
    ends = [(FINISH, "the finish")] if package.finish.checkpoint is None else []
    places = "".join(
        f'<option value="{escape(code)}"{" selected" if code == asked.checkpoint else ""}>'
        f"{escape(code if name in {'', code} else f'{code} {name}')}</option>"
        for code, name in [*((one.code, one.name) for one in package.checkpoints), *ends]
    )
    return _FORM.format(
        places=places,
        who=escape(asked.who),
        at=escape(asked.at),
        back=" checked" if asked.back else "",
    )


def _question(asked: Asked, unsaid: Unsaid, names: Mapping[tuple[bytes, int], str]) -> str:
    team = unsaid.team
    members = "\n".join(
        _MEMBER.format(number=one, label=f"{team.number}.{one}", name=escape(names.get((team.id, one), "")))
        for one in unsaid.members
    )
    return _ASK.format(
        team=escape(f"{team.number} {team.name}"),
        place=escape(asked.checkpoint),
        checkpoint=escape(asked.checkpoint),
        query=quote(asked.checkpoint),
        who=escape(team.id.hex()),
        at=escape(asked.at),
        back='<input type="hidden" name="back" value="on">' if asked.back else "",
        members=members,
        count=len(unsaid.members),
    )

"""The staff page as HTML: calls for help, who is out, what teams say, messages. Prints as the list to go out with."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from client_core.game.actions import StaffCode
from client_core.game.count_out import Person
from client_core.game.decisions import Whereabouts
from client_core.game.desk import Alarm, Notice, Picture, Seen, Words
from client_core.game.signals import signal_sentence
from server.desk import DeskView
from server.healing import why_healing
from server.leaderboard import span_text
from server.local_time import clock_text, zone_of
from server.not_met import no_team_yet
from server.open_game import OpenGame
from server.retention import day_of, kept_until_ms
from server.signals import Look
from server.web.leaderboard_page import asks_for_photos
from server.web.page_head import page_head

_DOOR = """<header><h1>{name}</h1><p class="rules">Staff</p></header>
<main>
<form method="post" action="staff/enter" class="door">
<label for="code">Staff code</label>
<input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="64">
<button>Enter</button>
<p role="alert">{wrong}</p>
</form>
</main>
</body>
</html>
"""
_BODY = """<a class="skip" href="#out">Skip to who is out</a>
<header>
<h1>{name}: staff</h1>
<p class="rules">{label} · as of <time>{as_of}</time> · <span id="link">this page is as old as that</span>
 · <a href="staff/check-in">check in</a> · <a href="staff/standings">standings</a>{photos}</p>
</header>
<main id="desk">
{healing}{alarms}
<section id="out" aria-labelledby="out-title">
<h2 id="out-title">{tally}</h2>
{people}
</section>
{talk}
{decisions}
</main>
<footer><p>Names, numbers, positions, photos and words of this game's people are erased on
 <time datetime="{kept_until}">{kept_until}</time>; results stay.</p></footer>
</body>
</html>
"""
_PERSON = """<tr class="{classes}"><th scope="row">{label}<br><span class="name">{name}</span></th>
<td>{where}{since}{note}</td><td>{heard}</td><td>{overdue}</td><td class="acts">{acts}</td></tr>"""
_MARK = """<form method="post" action="staff/mark"><input type="hidden" name="team" value="{team}">
<input type="hidden" name="member" value="{member}">
<button name="where" value="{where}" aria-label="{label}: {where}">{where}</button></form>"""
_NEXT = {
    Whereabouts.EXPECTED: ("briefed", "out"),
    Whereabouts.BRIEFED: ("out",),
    Whereabouts.OUT: ("back", "left"),
    Whereabouts.BACK: ("out",),
    Whereabouts.LEFT: ("back",),
}
_SEE = """<form method="post" action="staff/seen"><input type="hidden" name="event" value="{event}">
<input type="hidden" name="team" value="{team}"><label>What is being done
<input name="note" maxlength="200" placeholder="a car is coming"></label><button>{button}</button></form>"""
_SAY = """<form method="post" action="staff/say" class="say">
<label for="text">Message</label><textarea id="text" name="text" rows="2" maxlength="1000" required></textarea>
<label for="to">to</label><select id="to" name="team"><option value="">everybody</option>{teams}</select>
<label><input type="checkbox" name="urgent"> urgent</label>
<button>Send</button></form>"""


def render_door(name: str, wrong: str = "") -> str:
    """The page that asks for a code."""
    return page_head(f"{name}: staff", staff=True) + _DOOR.format(name=escape(name), wrong=escape(wrong))


def render(game: OpenGame, view: DeskView, code: StaffCode, look: Look | None, decisions: str = "") -> str:
    """The whole page for a role; names, positions, calls for help and signals only where there is a look.

    `decisions` is their section, `decisions_section.render_decisions`.
    """
    may_see = look is not None
    package = game.rules.package
    shown = _Shown(game, view, may_see=may_see)
    waiting = sum(not alarm.seen for alarm in view.alarms) if may_see else 0
    title = f"{f'({waiting}) SOS! ' if waiting else ''}{package.name}: staff"
    tally, healing = view.counts, why_healing(game)
    words = f"{tally.out} out, {tally.overdue} overdue"
    rest = f"{tally.back} back, {tally.left} left, {tally.briefed} briefed, {tally.expected} expected"
    return page_head(title, staff=True, script="staff.js") + _BODY.format(
        name=escape(package.name),
        label=escape(f"{code.label} ({code.role.name.lower()})"),
        as_of=shown.clock(view.now_ms),
        photos=_photos(view.pictures) if may_see and asks_for_photos(package) else "",
        healing=f'<p class="state provisional" role="alert">{escape(healing)}</p>\n' if healing else "",
        alarms=shown.alarms() if may_see else "",
        tally=f"{words} <small>{rest}</small>",
        people=shown.people(),
        talk=shown.talk() + shown.signals(look) if look is not None else "",
        decisions=decisions,
        kept_until=day_of(kept_until_ms(package, game.row.published_at_ms)),
    )


def _photos(pictures: Sequence[Picture]) -> str:
    """The way to the photos, with how many wait for a decision: whether the gallery shows them."""
    waiting = sum(one.waiting for one in pictures)
    return f' · <a href="staff/photos">photos{f" ({waiting} waiting)" if waiting else ""}</a>'


class _Shown:
    """One view as a role sees it."""

    def __init__(self, game: OpenGame, view: DeskView, *, may_see: bool) -> None:
        self.game, self.view, self.may_see = game, view, may_see
        self.zone = zone_of(game.rules.package.time_zone)

    def clock(self, at_ms: int) -> str:
        """A time of the day where the game is."""
        return clock_text(at_ms, self.zone, "?")

    def team(self, team: bytes) -> str:
        """A team's number and name, escaped."""
        known = self.game.board.teams.get(team)
        return escape(f"#{known.number} {known.name}") if known else "an unknown team"

    def alarms(self) -> str:
        """Calls for help, the unseen ones loud."""
        if not self.view.alarms:
            return ""
        rows = "\n".join(self._alarm(alarm) for alarm in self.view.alarms)
        return f'<section id="alarms" aria-live="assertive"><h2>Calls for help</h2>\n{rows}\n</section>'

    def people(self) -> str:
        """The list of players."""
        if not self.view.people:
            return f'<p class="empty">{escape(no_team_yet(self.game))}.</p>'
        head = (
            '<div class="scroll" tabindex="0" role="region" aria-label="Players"><table><thead><tr>'
            '<th scope="col">Player</th><th scope="col">Where</th><th scope="col">Last heard</th>'
            '<th scope="col">Overdue</th><th scope="col" class="acts">Mark</th></tr></thead><tbody>'
        )
        return head + "\n".join(self._person(person) for person in self.view.people) + "</tbody></table></div>"

    def talk(self) -> str:
        """Words of teams, and messages with who has not seen them."""
        teams = sorted(self.game.board.teams.values(), key=lambda team: team.number)
        options = "".join(f'<option value="{t.id.hex()}">{escape(f"#{t.number} {t.name}")}</option>' for t in teams)
        words = "\n".join(self._words(line) for line in self.view.words)
        sent = "\n".join(self._notice(notice) for notice in self.view.notices)
        return (
            f'<section id="words"><h2>From teams</h2>{words or "<p>Nothing.</p>"}</section>\n'
            f'<section id="messages"><h2>Messages</h2>{_SAY.format(teams=options)}\n{sent}</section>'
            + self._briefings()
        )

    def _briefings(self) -> str:
        """Who accepted what is read before playing, and who has not yet."""
        teams = self.game.board.teams
        rows = ""
        for one in self.game.rules.package.briefings:
            accepted = self.view.accepted[one.version]
            missing = sorted(team.number for team in teams.values() if team.id not in accepted)
            guardians = sum(found.by_guardian for found in accepted.values())
            not_yet = f" Not yet: {', '.join(f'#{number}' for number in missing)}." if missing else ""
            rows += (
                f"<article><h3>Version {escape(one.version)}{', to be accepted' if one.consent else ''}</h3>"
                f"<p>Accepted by {len(teams) - len(missing)} of {len(teams)} teams, {guardians} by a guardian."
                f"{not_yet}</p></article>"
            )
        return f'<section id="briefings"><h2>Briefings</h2>{rows}</section>' if rows else ""

    def signals(self, look: Look) -> str:
        """What is unusual, with its numbers; nothing of it changes a score."""
        rows = "\n".join(
            f"<article><h3>{self.team(one.team.id)}</h3>"
            + "".join(
                f"<p>device {signal.author.hex()[:12]}: {escape(signal_sentence(signal))}</p>" for signal in one.signals
            )
            + "</article>"
            for one in look.teams
        )
        rest = f"<p>{look.unread} teams are still being looked at.</p>" if look.unread else ""
        about = "<p>Numbers, never verdicts: no score changes by them.</p>"
        return f'<section id="signals"><h2>Signals</h2>{about}{rows or "<p>Nothing.</p>"}{rest}</section>'

    def _alarm(self, alarm: Alarm) -> str:
        sos = alarm.sos
        where = "position unknown"
        if sos.lon_e7 is not None and sos.lat_e7 is not None:
            near = f" ±{-(-sos.accuracy_dm // 10)} m" if sos.accuracy_dm is not None else ""
            at = f", at {self.clock(sos.fix_at_ms)}" if sos.fix_at_ms is not None else ""
            where = f"{sos.lat_e7 / 1e7:.5f}, {sos.lon_e7 / 1e7:.5f}{near}{at}"
        battery = f" · battery {sos.battery_percent} %" if sos.battery_percent is not None else ""
        button = _SEE.format(event=alarm.id.hex(), team=alarm.team.hex(), button="Seen") + self._seen(alarm.seen)
        return (
            f'<article class="{"handled" if alarm.seen else "alarm"}"><h3>SOS {self.team(alarm.team)}, '
            f"{self.clock(sos.at_ms)}</h3><p><strong>{escape(where)}</strong>{battery}</p>"
            f"<p>{escape(sos.text)}</p>{button}</article>"
        )

    def _person(self, person: Person) -> str:
        label = f"{person.number}" if person.member is None else f"{person.number}.{person.member}"
        known = self.game.board.teams.get(person.team)
        name = escape(known.name) if known else "an unknown team"
        named = self.view.names.get((person.team, person.member)) if person.member is not None else None
        if named is not None and self.may_see:
            name += f"<br>{escape(named.name)} {escape(named.telephone)}"
        where = person.where.name.lower() + (" (retired)" if person.retired else "")
        shade = "doubtful" if person.contradicted else person.where.name.lower() + " late" * (person.overdue_ms > 0)
        if person.contradicted:
            where += " <strong>heard of since!</strong>"
        acts = "".join(
            _MARK.format(
                team=person.team.hex(), member="" if person.member is None else person.member, where=one, label=label
            )
            for one in _NEXT[person.where]
        )
        return _PERSON.format(
            classes=shade,
            label=label,
            name=name,
            where=where,
            since=f"<br>{self.clock(person.since_ms)}" if person.since_ms is not None else "",
            note=f"<br>{escape(person.note)}" if person.note and self.may_see else "",
            heard=self._heard(person),
            overdue=span_text(person.overdue_ms) if person.overdue_ms else "",
            acts=acts,
        )

    def _heard(self, person: Person) -> str:
        sign = person.sign
        if sign is None:
            return "never"
        what = sign.what.replace("_", "-")
        if sign.checkpoint is not None and sign.checkpoint < len(self.game.rules.codes):
            what = f"{what} {self.game.rules.codes[sign.checkpoint]}"
        ago = span_text(self.view.now_ms - sign.at_ms)
        where = ""
        if self.may_see and sign.lon_e7 is not None and sign.lat_e7 is not None and person.where is Whereabouts.OUT:
            where = f"<br>{sign.lat_e7 / 1e7:.5f}, {sign.lon_e7 / 1e7:.5f}"
        return f"{self.clock(sign.at_ms)}, {ago} ago<br>{escape(what)}{where}"

    def _words(self, line: Words) -> str:
        button = "" if line.seen else _SEE.format(event=line.id.hex(), team=line.team.hex(), button="Seen")
        return (
            f"<article><h3>{self.team(line.team)}, {self.clock(line.said.at_ms)}</h3>"
            f"<p>{escape(line.said.text)}</p>{button}{self._seen(line.seen)}</article>"
        )

    def _notice(self, notice: Notice) -> str:
        teams = self.game.board.teams
        unread = sorted(teams[team].number for team in notice.unread_by if team in teams)
        listed = ", ".join(f"#{number}" for number in unread[:30]) + (" …" if len(unread) > 30 else "")
        told = f"not seen by {len(unread)}: {listed}" if unread else "seen by all"
        urgent = "urgent, " if notice.message.urgent else ""
        return (
            f"<article><h3>{urgent}{self.clock(notice.message.at_ms)}</h3>"
            f"<p>{escape(notice.message.text)}</p><p>{told}</p></article>"
        )

    def _seen(self, seen: tuple[Seen, ...]) -> str:
        return "".join(f"<p>seen {self.clock(one.at_ms)}: {escape(one.note or 'staff')}</p>" for one in seen)

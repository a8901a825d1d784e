"""From words to decisions: what each asks for and may say, the same for commands and for the rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from client_core.game.actions import ActionError, Answer, Photo, decode_action, encode_action
from client_core.game.answers import answer_key
from client_core.game.decisions import (
    REASON_BYTES_MAX,
    AnswerAccepted,
    AnswerJudged,
    CategorySet,
    ChallengeVoided,
    CheckpointVoided,
    Decision,
    DeviceMoved,
    EndSet,
    GroupOpened,
    LotDrawn,
    Neutralised,
    PointsAdjusted,
    StartSet,
    StatusSet,
    Stopped,
    TeamsMerged,
    TimeCredited,
    VisitGranted,
    VisitTaken,
)
from client_core.game.statuses import STATUS_NUMBERS
from client_core.game.teams import Team
from client_core.game.text import TextFault
from server.deciding.naming import Names
from server.problems import Problem
from server.revoking import find_key
from server.scoreboard import stream_events, team_streams
from sync.placement import StreamState
from sync.stream import GAME, team_audience

ID_LETTERS_MIN = 6
_TEAM_PREFIX = team_audience(b"")


class Said:
    """The cells of one decision: a row of a table, or the arguments of a command."""

    def __init__(self, names: Names, word: str, cells: Mapping[str, str], reason: str) -> None:
        self.names, self.word, self.reason = names, word, reason
        self.cells = {name: value.strip() for name, value in cells.items() if value and value.strip()}

    def need(self, name: str) -> str:
        """A cell that has to be there."""
        if name not in self.cells:
            raise Problem("bad_request", f"{self.word}: say {name.replace('_', ' ')}")
        return self.cells[name]

    def may(self, name: str) -> str | None:
        """A cell that may be left out."""
        return self.cells.get(name)

    def stamp(self) -> tuple[int, str]:
        """What every decision begins with: when it was made, and why."""
        return self.names.now_ms, self.reason

    def entrant(self) -> tuple[bytes, int | None]:
        """The team and member that have to be named."""
        team, member = self.names.entrant(self.need("team"))
        return team.id, member

    def team_or_all(self) -> bytes | None:
        """The team, None where all are meant."""
        text = self.may("team")
        return None if text is None else self.names.team(text).id

    def category_or_all(self) -> str | None:
        """The category, None where all are meant."""
        text = self.may("category")
        if text is not None and self.may("team") is not None:
            raise Problem("bad_request", f"{self.word}: for a team or for a category, not both")
        return None if text is None else self.names.category(text)

    def moment_ms(self, name: str) -> int:
        """A time that has to be there."""
        return self.names.moment_ms(self.need(name))

    def moment_or_none(self, name: str) -> int | None:
        """A time, None where it is left out."""
        text = self.may(name)
        return None if text is None else self.names.moment_ms(text)

    def checkpoint_or_none(self, name: str) -> int | None:
        """A checkpoint, None where it is left out."""
        text = self.may(name)
        return None if text is None else self.names.checkpoint(text)


def make(names: Names, word: str, cells: Mapping[str, str], reason: str) -> list[Decision]:
    """The decisions that this word and these cells come to; raises `Problem`."""
    kind = WORDS.get(word)
    if kind is None:
        raise Problem("bad_request", f"no decision {word[:40]!r}: {', '.join(WORDS)}")
    said = Said(names, word, cells, reason.strip())
    if not said.reason:
        raise Problem("bad_request", f"{word}: give a reason, everybody whom it concerns can read it")
    if len(said.reason.encode()) > REASON_BYTES_MAX:
        raise Problem("bad_request", f"{word}: a reason has at most {REASON_BYTES_MAX} bytes")
    for name in said.cells:
        if name not in kind.cells:
            raise Problem("bad_request", f"{word}: {name} says nothing here; it takes {', '.join(kind.cells)}")
    made = kind.make(said)
    decisions = made if isinstance(made, list) else [made]
    for one in decisions:
        try:
            encode_action(one)
        except (ActionError, TextFault) as fault:
            raise Problem("bad_request", f"{word}: {fault}") from fault
    return decisions


def audience_of(decision: Decision) -> bytes:
    """Who reads it: a team for what is about it alone, everybody for what is about all or about who is which team."""
    team = getattr(decision, "team", None)
    return GAME if team is None or isinstance(decision, TeamsMerged | DeviceMoved) else team_audience(team)


def _void(said: Said) -> Decision:
    challenge, checkpoint = said.may("challenge"), said.may("checkpoint")
    if (challenge is None) == (checkpoint is None):
        raise Problem("bad_request", "void: say which checkpoint, or which challenge")
    if challenge is not None:
        return ChallengeVoided(*said.stamp(), said.names.challenge(challenge), said.team_or_all())
    return CheckpointVoided(*said.stamp(), said.names.checkpoint(checkpoint or ""), said.team_or_all())


def _grant(said: Said) -> Decision:
    team, member = said.entrant()
    checkpoint = said.names.checkpoint(said.need("checkpoint"))
    after = said.checkpoint_or_none("after")
    return VisitGranted(*said.stamp(), team, checkpoint, said.moment_or_none("at"), after, member)


def _take(said: Said) -> Decision:
    team, member = said.entrant()
    return VisitTaken(*said.stamp(), team, said.names.checkpoint(said.need("checkpoint")), member)


def _points(said: Said) -> Decision:
    team, member = said.entrant()
    points = said.names.points(said.need("points"))
    if not points:
        raise Problem("bad_request", "points: 0 changes nothing")
    return PointsAdjusted(*said.stamp(), team, points, member)


def _time(said: Said) -> Decision:
    team, member = said.entrant()
    credit_ms = said.names.span_ms(said.need("time"))
    if not credit_ms:
        raise Problem("bad_request", "time: 0 changes nothing")
    return TimeCredited(*said.stamp(), team, credit_ms, member)


def _status(said: Said) -> Decision:
    team, member = said.entrant()
    status = said.names.status(said.need("status"))
    return StatusSet(*said.stamp(), team, None if status is None else STATUS_NUMBERS[status], member)


def _category(said: Said) -> Decision:
    names = said.names
    codes = tuple(names.category(code.strip()) for code in said.need("category").split("|") if code.strip())
    form = said.may("format")
    chosen = None if form is None else names.format(form)
    return CategorySet(*said.stamp(), names.team(said.need("team")).id, codes, chosen)


def _accept(said: Said) -> Decision:
    number = said.names.challenge(said.need("challenge"))
    answer = answer_key(said.names.package.challenges[number].form, said.need("answer"))
    return AnswerAccepted(*said.stamp(), number, answer, said.word == "accept")


def _judge(said: Said) -> Decision:
    word = said.need("verdict").lower()
    if word not in {"right", "wrong"}:
        raise Problem("bad_request", "judge: the answer or photo is right or wrong")
    text = said.may("points")
    points = None if text is None else said.names.points(text)
    if points is not None and points < 0:
        raise Problem("bad_request", "judge: an answer is worth 0 points or more")
    team, event = _answer(said.names, said.need("event").lower())
    return AnswerJudged(*said.stamp(), team, event, word == "right", points)


def _answer(names: Names, letters: str) -> tuple[bytes, bytes]:
    """The team and id of the one answer or photo whose id begins so."""
    found = []
    for team in names.register.teams if len(letters) >= ID_LETTERS_MIN else ():
        for state in team_streams(names.game.log, team):
            for event in stream_events(names.game.log, state):
                if event.id.hex().startswith(letters):
                    action = decode_action(event.payload)
                    if isinstance(action, Answer | Photo):
                        found.append((team, event.id))
    if len(found) == 1:
        return found[0]
    wrong = "no" if not found else "more than one"
    detail = f"{wrong} answer or photo here has an id that begins with {letters[:64]!r}: see wayfold explain --json"
    raise Problem("bad_request", f"{detail}, and give at least {ID_LETTERS_MIN} letters")


def _merge(said: Said) -> Decision:
    team, into = said.names.team(said.need("team")), said.names.team(said.need("into"))
    if team.id == into.id:
        raise Problem("bad_request", f"merge: {team.number} {team.name} is that team already")
    return TeamsMerged(*said.stamp(), team.id, into.id)


def _move(said: Said) -> list[Decision]:
    names = said.names
    key, (team, member) = find_key(names.game, said.need("device")), names.entrant(said.need("team"))
    members = (() if member is None else (member,)) + _members(said, team)
    streams = names.game.log.index.streams.values()
    states = [s for s in streams if s.key.public_key == key and s.key.audience[:1] == _TEAM_PREFIX]
    if not states:
        raise Problem(
            "bad_request", "move-device: this key has written nothing for a team, so there is nothing to move"
        )
    if said.may("from") is not None and len(states) > 1:
        raise Problem("bad_request", f"move-device: this key wrote {len(states)} streams: say --at, not a position")
    return [DeviceMoved(*said.stamp(), state.id, _from_seq(said, state), team.id, members) for state in states]


def _members(said: Said, team: Team) -> tuple[int, ...]:
    """Several members of the team, who share the device."""
    return tuple(
        said.names.member(team, one.strip())
        for one in (said.may("members") or "").replace("|", ",").split(",")
        if one.strip()
    )


def _from_seq(said: Said, state: StreamState) -> int:
    """The first number that is about the new team: as told, the first event from a time on, else what comes next."""
    position, at_ms = said.may("from"), said.moment_or_none("at")
    if position is not None and at_ms is not None:
        raise Problem("bad_request", "move-device: from a position or from a time, not both")
    if position is not None:
        if not position.isdecimal() or len(position) > 9:
            raise Problem("bad_request", f"move-device: {position[:20]!r} is no position in a stream: 0 or more")
        return int(position)
    after = 1 + max(branch.tip_seq for branch in state.branches)
    if at_ms is None:
        return after
    events = stream_events(said.names.game.log, state)
    return min((e.seq for e in events if getattr(decode_action(e.payload), "at_ms", -1) >= at_ms), default=after)


def _end(said: Said) -> Decision:
    return EndSet(*said.stamp(), said.moment_ms("at"), said.team_or_all(), said.category_or_all())


def _stop(said: Said) -> Decision:
    ranked = said.may("ranked") or "yes"
    if ranked not in {"yes", "no"}:
        raise Problem("bad_request", "stop: ranked is yes or no")
    return Stopped(*said.stamp(), said.moment_ms("at"), ranked == "yes", said.category_or_all())


def _start(said: Said) -> Decision:
    return StartSet(*said.stamp(), said.moment_ms("at"), said.team_or_all(), said.category_or_all())


def _open(said: Said) -> Decision:
    at_ms = said.moment_or_none("at")
    group = said.names.group(said.need("group"))
    return GroupOpened(*said.stamp(), group, said.names.now_ms if at_ms is None else at_ms, said.team_or_all())


def _pause(said: Said) -> Decision:
    at_ms = said.moment_or_none("at")
    return Neutralised(*said.stamp(), said.names.now_ms if at_ms is None else at_ms, None, said.team_or_all())


def _neutralise(said: Said) -> Decision:
    from_ms, to_ms = said.moment_ms("at"), said.moment_or_none("until")
    if to_ms is not None and to_ms <= from_ms:
        raise Problem("bad_request", "neutralise: it ends before it begins")
    checkpoint, leg_to = said.checkpoint_or_none("checkpoint"), said.checkpoint_or_none("leg_to")
    if leg_to is not None and checkpoint is None:
        raise Problem("bad_request", "neutralise: a leg goes from a checkpoint: say which")
    return Neutralised(*said.stamp(), from_ms, to_ms, said.team_or_all(), checkpoint, leg_to)


def _lots(said: Said) -> Decision:
    teams = tuple(said.names.team(one.strip()).id for one in said.need("teams").split("|") if one.strip())
    if len(teams) < 2 or len(set(teams)) < len(teams):
        raise Problem("bad_request", "lots: two or more different teams, in the order that was drawn")
    return LotDrawn(*said.stamp(), teams)


class Word(NamedTuple):
    """A decision as people call it: the cells it takes, and what makes it of them."""

    cells: tuple[str, ...]
    make: Callable[[Said], Any]


WORDS: dict[str, Word] = {
    "void": Word(("checkpoint", "challenge", "team"), _void),
    "grant": Word(("team", "checkpoint", "at", "after"), _grant),
    "take": Word(("team", "checkpoint"), _take),
    "points": Word(("team", "points"), _points),
    "time": Word(("team", "time"), _time),
    "status": Word(("team", "status"), _status),
    "category": Word(("team", "category", "format"), _category),
    "accept": Word(("challenge", "answer"), _accept),
    "reject": Word(("challenge", "answer"), _accept),
    "judge": Word(("event", "verdict", "points"), _judge),
    "merge": Word(("team", "into"), _merge),
    "move-device": Word(("device", "team", "at", "from", "members"), _move),
    "start": Word(("at", "team", "category"), _start),
    "end": Word(("at", "team", "category"), _end),
    "stop": Word(("at", "category", "ranked"), _stop),
    "open": Word(("group", "at", "team"), _open),
    "pause": Word(("at", "team"), _pause),
    "neutralise": Word(("at", "until", "team", "checkpoint", "leg_to"), _neutralise),
    "lots": Word(("teams",), _lots),
}
"""Every decision but undoing and splitting, which name decisions, and resuming, which ends one."""
CELLS = tuple(dict.fromkeys(cell for word in WORDS.values() for cell in word.cells))

"""From read-out cards to events: check-ins by kiosk or paper, with the teams and members they need.

A plan says what would be written and is written whole or not at all. Planning
again after writing finds nothing to do: an action that stands in the log
already is not written twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from client_core.game.actions import (
    CheckIn,
    Finish,
    Known,
    Member,
    MemberNamed,
    Start,
    TeamRegistered,
    accuracy_dm,
    decode_action,
)
from client_core.game.checkpoints import Method
from client_core.game.decisions import PointsAdjusted, StatusSet
from client_core.game.publish import DraftError, Finding
from client_core.game.ranges import MEMBERS_MAX
from client_core.game.statuses import STATUS_NUMBERS, Status
from client_core.game.teams import Team
from client_core.game.text import TextFault, check_text
from client_core.game.timing import CheckInStart, IntervalStart, MassStart, SelfStart
from client_core.game.visits import Left, Stay, VisitFinder
from client_core.signing import random_bytes
from server.formats.cards import Card, Day
from server.names import is_minor
from server.open_game import OpenGame
from server.own_stream import write
from server.scoreboard import stream_events, team_streams
from sync.batch import Batch, HeadSignature
from sync.event import head_message
from sync.stream import GAME, ID_BYTES, STAFF, team_audience

SIGNED_EVERY = 50
"""Relays cut runs at signed heads only, and a run has at most 100 events and 32 KiB."""
_STATUSES = {
    "Disqualified": Status.DISQUALIFIED,
    "DidNotStart": Status.DID_NOT_START,
    "DidNotEnter": Status.DID_NOT_ENTER,
    "Cancelled": Status.CANCELLED,
    "NotCompeting": Status.NOT_COMPETING,
    "SportingWithdrawal": Status.SPORTING_WITHDRAWAL,
}
"""What a punch cannot say; other statuses follow from the punches."""
_UNFINISHED = {
    "DidNotFinish": Status.DID_NOT_FINISH,
    "MissingPunch": Status.MISSING_CHECKPOINT,
    "OverTime": Status.OVER_TIME,
}
"""What the punches do not say either where a file gives no finish."""


class Plan(msgspec.Struct):
    """What an import would write, by audience, and what it counted.

    `unknown_codes` are punches of no checkpoint, `touched` the teams whose cards
    were among it, whether there was anything new in them or not.
    """

    actions: dict[bytes, list[Known]] = {}
    cards: int = 0
    teams: int = 0
    members: int = 0
    check_ins: int = 0
    others: int = 0
    known: int = 0
    unknown_codes: dict[str, int] = {}
    touched: dict[bytes, None] = {}


class _Import:
    def __init__(self, game: OpenGame, now_ms: int) -> None:
        self.game, self.now_ms, self.package = game, now_ms, game.rules.package
        self.plan = Plan(actions={}, unknown_codes={}, touched={})
        self.findings: list[Finding] = []
        self.register = game.board.register
        self.team_by_number = {team.number: team for team in self.register.teams.values()}
        self.place_by_badge = {
            note.badge: (team, note.member)
            for team, notes in self.register.members.items()
            for note in notes
            if note.badge
        }
        self.number_by_code = {checkpoint.code: at for at, checkpoint in enumerate(self.package.checkpoints)}
        self.category_by_name = {name: c.code for c in self.package.categories for name in (c.name, c.code)}
        self.known = {(team, note.member) for team, notes in self.register.members.items() for note in notes}
        self.held: dict[bytes, set[Known | None]] = {}

    def take(self, card: Card) -> None:
        """Plan one card."""
        self.plan.cards += 1
        team, member = self._entrant(card)
        if member is not None and member >= MEMBERS_MAX:
            self._fault("member_unknown", card.where, f"member {member}: a team has at most {MEMBERS_MAX - 1}")
            return
        if member is not None and (team.id, member) not in self.known:
            self.known.add((team.id, member))
            self.plan.members += 1
            minor = is_minor(card.birth_year, self.package.opens_at_ms)
            note = Member(self.now_ms, team.id, member, card.birth_year, badge=card.card or None, minor=minor)
            self._add(GAME, note)
            if card.name:
                self._add(STAFF, MemberNamed(self.now_ms, team.id, member, card.name))
        self.plan.touched[team.id] = None
        for action in self._done(card, team, member):
            self._once(team.id, action)

    def _entrant(self, card: Card) -> tuple[Team, int | None]:
        """The team and member of a card; a team that is new or differs is registered."""
        badge = self.place_by_badge.get(card.card) if card.number is None and card.card else None
        if badge is not None:
            return self.register.teams[badge[0]], badge[1]
        number = card.number if card.number is not None or card.card else self._namesake(card)
        if number is None:
            number = max([self.game.row.team_number_first - 1, *self.team_by_number]) + 1
        known = self.team_by_number.get(number)
        categories = self._categories(card, () if known is None else known.categories)
        start_ms = self._start_ms(card)
        if known is None:
            name = self._text(card.team_name or card.name or f"card {card.card or number}", card.where)
            team = Team(random_bytes(ID_BYTES), number, name, start_ms, categories)
        else:
            kept = known.start_at_ms if start_ms is None else start_ms
            if known.start_at_ms is not None and start_ms is not None:
                kept = min(known.start_at_ms, start_ms)
            team = msgspec.structs.replace(known, categories=categories, start_at_ms=kept)
        if team != known:
            self.plan.teams += known is None
            self._register(team)
        if card.number is None and card.card:
            self.place_by_badge[card.card] = (team.id, 1)
            return team, 1
        return team, card.member

    def _namesake(self, card: Card) -> int | None:
        """Whom a card without a number is of: of that name and category, and no other card's of these files."""
        name, categories = card.team_name or card.name, self._categories(card, ())
        start_ms = self._start_ms(card)
        found = [
            (team.start_at_ms != start_ms, team.number)
            for team in self.register.teams.values()
            if team.name == name and team.id not in self.plan.touched and set(categories) <= set(team.categories)
        ]
        return min(found)[1] if found else None

    def _register(self, team: Team) -> None:
        self.team_by_number[team.number] = team
        said = self.plan.actions.setdefault(GAME, [])
        said[:] = [a for a in said if not (isinstance(a, TeamRegistered) and a.team == team.id)]
        said.append(
            TeamRegistered(self.now_ms, team.id, team.number, team.name, team.start_at_ms, team.categories, team.format)
        )

    def _categories(self, card: Card, before: tuple[str, ...]) -> tuple[str, ...]:
        if not self.package.categories:
            return before
        unknown = [name for name in card.categories if name not in self.category_by_name]
        if unknown:
            there = ", ".join(category.code for category in self.package.categories)
            self._fault("category_unknown", card.where, f"{unknown[0][:60]!r} is no category of the game: {there}")
        codes = [self.category_by_name[name] for name in card.categories if name in self.category_by_name]
        return tuple(dict.fromkeys((*before, *codes)))

    def _start_ms(self, card: Card) -> int | None:
        """The start that goes into the start list; None where an action or the mass start says it."""
        start = self.package.start
        if card.start_ms is None or isinstance(start, SelfStart | CheckInStart):
            return None
        return None if isinstance(start, MassStart) and start.at_ms == card.start_ms else card.start_ms

    def _done(self, card: Card, team: Team, member: int | None) -> Iterable[Known]:
        """What the card says was done, as actions."""
        if card.start_ms is not None and isinstance(self.package.start, SelfStart):
            yield Start(card.start_ms)
        if card.start_ms is not None and isinstance(self.package.start, CheckInStart):
            yield self._check_in(card, self.package.start.checkpoint, card.start_ms, member)
        finish = self.package.finish.checkpoint
        for punch in card.punches:
            number = self.number_by_code.get(punch.code)
            if number is None:
                self.plan.unknown_codes[punch.code] = self.plan.unknown_codes.get(punch.code, 0) + 1
            elif number != finish or card.finish_ms is None:
                yield self._check_in(card, number, punch.at_ms, member)
        yield from self._walked(card, member)
        if card.points is not None:
            yield PointsAdjusted(0, f"as {card.where[:200]} says", team.id, card.points)
        if card.finish_ms is not None:
            if finish is None:
                yield Finish(card.finish_ms, member)
            else:
                yield self._check_in(card, finish, card.finish_ms, member)
        status = Status.NOT_COMPETING if not card.competing else _STATUSES.get(card.status)
        if status is None and card.finish_ms is None:
            status = _UNFINISHED.get(card.status)
        if status is not None:
            alone = card.number is None  # nobody else can be of its team
            told = f"as {card.where[:200]} says"
            yield StatusSet(0, told, team.id, STATUS_NUMBERS[status], None if alone else member)

    def _check_in(self, card: Card, number: int, at_ms: int, member: int | None) -> CheckIn:
        checkpoint = self.package.checkpoints[number]
        methods = self.package.kinds[checkpoint.kind].methods
        if Method.KIOSK not in methods and Method.PAPER not in methods:
            detail = f"checkpoint {checkpoint.code} takes no cards: allow `kiosk` or `paper` there and publish again"
            self._fault("method_not_allowed", card.where, detail)
        method = Method.KIOSK if Method.KIOSK in methods else Method.PAPER
        return CheckIn(method, None, at_ms, number, member=member)

    def _walked(self, card: Card, member: int | None) -> Iterable[CheckIn]:
        """The visits of a recorded track, by the fences and as a phone finds them, each at its closest moment."""
        finder = VisitFinder(self.game.rules)
        seen = [one for fix in card.fixes for one in finder.observe(fix)]
        stays = [one.stay for one in (*seen, *finder.close()) if isinstance(one, Left) and one.stay.arrived]
        been = False
        for stay in sorted(stays, key=lambda one: (one.closest.at_ms, one.checkpoint)):
            checkpoint = self.package.checkpoints[stay.checkpoint]
            # A start is often beside the finish: nobody is done who has been nowhere.
            if (stay.checkpoint == self.package.finish.checkpoint and not been) or (
                Method.GPS not in self.package.kinds[checkpoint.kind].methods
            ):
                continue
            been = True
            yield _visit(stay, member)

    def _once(self, team: bytes, action: Known) -> None:
        """Add an action of a team, unless the log or the plan has it."""
        held = self.held.get(team)
        if held is None:
            log = self.game.log
            events = (event for state in team_streams(log, team) for event in stream_events(log, state))
            held = self.held[team] = {key for event in events if (key := _key(decode_action(event.payload)))}
        if _key(action) in held:
            self.plan.known += 1
            return
        held.add(_key(action))
        if isinstance(action, CheckIn):
            self.plan.check_ins += 1
        else:
            self.plan.others += 1
        if isinstance(action, StatusSet | PointsAdjusted):
            action = msgspec.structs.replace(action, at_ms=self.now_ms)
        self._add(team_audience(team), action)

    def _add(self, audience: bytes, action: Known) -> None:
        self.plan.actions.setdefault(audience, []).append(action)

    def _text(self, text: str, where: str) -> str:
        try:
            check_text(text, "the team's name", 200)
        except TextFault as error:
            self._fault("text_malformed", where, error.detail)
        return text

    def _fault(self, code: str, where: str, detail: str) -> None:
        if len(self.findings) < 1_000:
            self.findings.append(Finding(code, where, detail))


def day_of(game: OpenGame) -> Day:
    """What a game says of the day of its cards: its zone, and the start that elapsed times count from."""
    package, start = game.rules.package, game.rules.package.start
    start_ms = package.opens_at_ms
    if isinstance(start, MassStart):
        start_ms = start.at_ms
    elif isinstance(start, IntervalStart):
        start_ms = start.first_ms
    return Day(ZoneInfo(package.time_zone), start_ms)


def plan_cards(game: OpenGame, cards: Sequence[Card], now_ms: int) -> Plan:
    """What these cards would write; raises `DraftError` with everything that keeps them out."""
    work = _Import(game, now_ms)
    for card in cards:
        work.take(card)
    if work.findings:
        raise DraftError(work.findings)
    return work.plan


def write_all(game: OpenGame, actions: dict[bytes, list[Known]]) -> int:
    """Write actions by audience in one transaction; how many they were."""
    batch = batch_of(game, actions)
    if batch.own:
        game.log.append(batch)
    return sum(len(own.events) for own in batch.own)


def batch_of(game: OpenGame, actions: Mapping[bytes, Sequence[Known]]) -> Batch:
    """What appends actions by audience to this node's streams, signed often enough for relays."""
    batch = Batch()
    for audience, said in actions.items():
        if not said:
            continue
        one = write(game.log.index, game.key, audience, said)
        (own,), (last,) = one.own, one.signatures
        middle = tuple(
            HeadSignature(
                last.stream,
                last.branch,
                event.seq,
                event.id,
                game.key.sign(head_message(game.log.index.game, last.stream, event.seq, event.id)),
            )
            for event in own.events[SIGNED_EVERY - 1 : -1 : SIGNED_EVERY]
        )
        batch = Batch(own=(*batch.own, own), signatures=(*batch.signatures, *middle, last))
    return batch


def _visit(stay: Stay, member: int | None) -> CheckIn:
    fix = stay.closest
    return CheckIn(
        Method.GPS,
        None,
        fix.at_ms,
        stay.checkpoint,
        fix.lon_e7,
        fix.lat_e7,
        None if fix.accuracy_mm is None else accuracy_dm(fix.accuracy_mm),
        fix.at_ms - stay.entered_ms,
        stay.left_ms - fix.at_ms,
        member,
    )


def _key(action: object) -> Known | None:
    """What makes two notes of one thing equal: all of it but when staff wrote it and what a device had seen."""
    if isinstance(action, StatusSet):
        return StatusSet(0, "", action.team, action.status, action.member)
    if isinstance(action, PointsAdjusted):
        return PointsAdjusted(0, action.reason, action.team, action.points, action.member)
    if isinstance(action, CheckIn):
        return CheckIn(action.method, action.code, action.at_ms, action.checkpoint, member=action.member)
    if isinstance(action, Start):
        return Start(action.at_ms)
    return Finish(action.at_ms, action.member) if isinstance(action, Finish) else None

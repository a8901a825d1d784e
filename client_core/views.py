"""What a user interface is shown of a replica: values made for screens, nothing that is not the player's to know.

Checkpoints that are not to be seen yet are left out, and so is everything that
judges answers. What stands behind a fence alone is hidden here only: it is in
the package on the device.
"""

from __future__ import annotations

from client_core.calls import (
    AlarmView,
    BriefingView,
    ChallengeView,
    CheckpointView,
    Distances,
    Explained,
    Home,
    LineView,
    MediumView,
    MessageView,
    Near,
    Position,
    Standing,
    WordsView,
)
from client_core.game.actions import CheckIn, Consented, decode_action
from client_core.game.challenges import Sealed
from client_core.game.checkpoints import Checkpoint, Method, Shown
from client_core.game.content import encode_package
from client_core.game.explaining import METHOD_NAMES, explain
from client_core.game.fences import Circle, Fence, Polygon, Ring
from client_core.game.geometry import distance_mm, inside
from client_core.game.results import TeamResult
from client_core.game.timeline import left_ms
from client_core.game.timing import SelfStart, StartList
from client_core.game.verdicts import Charged, Reason
from client_core.members import members_known, plays_for
from client_core.membership import is_needed
from client_core.replica import Replica


def home(replica: Replica) -> Home:
    """The game and who plays it."""
    package, mine, team = replica.package, replica.membership, replica.team()
    return Home(
        tenant=mine.tenant,
        game=mine.game,
        name=package.name,
        language=package.language,
        time_zone=package.time_zone,
        opens_at_ms=package.opens_at_ms,
        closes_at_ms=package.closes_at_ms,
        team_number=team.number,
        team_name=team.name,
        public_key=replica.public_key,
        upstreams=tuple(replica.upstreams()),
        emergency_number=package.emergency_number,
        check_in=package.showing.check_in,
        own_position=package.showing.own_position,
        distances=package.showing.distances,
        standings=package.showing.standings,
        self_start=isinstance(package.start, SelfStart | StartList),
        finish_action=package.finish.checkpoint is None,
        asks_members=is_needed(package, 1),
        checkpoints=len(package.checkpoints),
        package_bytes=len(encode_package(package)),
        media=tuple(
            MediumView(one.name, one.hash.hex(), one.size, one.media_type, one.credit) for one in package.media
        ),
        texts={catalog.language: dict(catalog.entries) for catalog in package.catalogs},
    )


def standing(replica: Replica, fix: Position | None, at_ms: int) -> Standing:
    """How the game stands for the own team."""
    result, team = replica.result(), replica.team()
    allowance = result.allowance
    shown = _shown(replica, result, fix, at_ms)
    mine = replica.membership.team
    known, mine_for = members_known(replica), plays_for(replica)
    return Standing(
        team_number=team.number,
        team_name=team.name,
        members=known,
        plays_for=mine_for,
        member_needed=is_needed(replica.package, len(known)) and not mine_for,
        status=str(result.status),
        points=result.points,
        penalties=result.penalties,
        score=result.score,
        start_ms=result.start_ms,
        left_ms=None if allowance is None else left_ms(allowance.neutral, allowance.end_ms, at_ms, allowance.credit_ms),
        paused=allowance is not None and any(low <= at_ms < high for low, high in allowance.neutral),
        finish_ms=result.finish_ms,
        time_ms=result.time_ms,
        checkpoints=tuple(_checkpoint(replica, number) for number in shown),
        visited=result.visited,
        near=_near(replica, shown, fix) if replica.package.showing.distances else (),
        challenges=_challenges(replica, result),
        briefings=_briefings(replica),
        messages=tuple(
            MessageView(one.id, one.message.at_ms, one.message.text, one.message.urgent, mine in one.read_by)
            for one in replica.notices()
        ),
        alarms=_alarms(replica),
        words=_words(replica),
        safety=replica.status(),
        photos_waiting=len(replica.blobs.names()),
    )


def _alarms(replica: Replica) -> tuple[AlarmView, ...]:
    found = replica.alarms()
    unsent = replica.unsent_ids() if found else frozenset()
    return tuple(AlarmView(one.sos.at_ms, one.id not in unsent, tuple(seen.note for seen in one.seen)) for one in found)


def _words(replica: Replica) -> tuple[WordsView, ...]:
    found = replica.words()
    unsent = replica.unsent_ids() if found else frozenset()
    return tuple(WordsView(one.said.at_ms, one.said.text, one.id not in unsent, bool(one.seen)) for one in found)


def distances(replica: Replica, fix: Position, at_ms: int) -> Distances:
    """How far the checkpoints are that may be seen."""
    if not replica.package.showing.distances:
        return Distances(())
    return Distances(_near(replica, _shown(replica, replica.result(), fix, at_ms), fix))


def explained(replica: Replica) -> Explained:
    """Every point of the score."""
    result, package = replica.result(), replica.package

    def code_of(parts: tuple[Checkpoint, ...], number: int | None) -> str | None:
        return parts[number].code if number is not None and number < len(parts) else None

    lines = tuple(
        LineView(
            code=str(line.code),
            points=line.points,
            values=line.values,
            at_ms=line.at_ms,
            checkpoint=line.checkpoint,
            challenge=line.challenge,
            group=package.groups[line.group].code if line.group is not None else None,
            checkpoint_code=code_of(package.checkpoints, line.checkpoint),
            challenge_code=package.challenges[line.challenge].code
            if line.challenge is not None and line.challenge < len(package.challenges)
            else None,
        )
        for line in explain(result)
    )
    return Explained(result.score, replica.digest(), lines)


def _shown(replica: Replica, result: TeamResult, fix: Position | None, at_ms: int) -> list[int]:
    """The checkpoints that may be seen now: all that were visited, and those of the others that their kind shows."""
    kinds, visited = replica.package.kinds, frozenset(result.visited)
    found = []
    for number, checkpoint in enumerate(replica.package.checkpoints):
        kind = kinds[checkpoint.kind]
        if (
            number in visited
            or kind.shown is Shown.ALWAYS
            or (kind.shown is Shown.NEAR and _is_near(checkpoint.fence, fix, kind.near_mm))
            or (kind.shown is Shown.OPEN and _is_open(replica, number, at_ms))
        ):
            found.append(number)
    return found


def _is_near(fence: Fence | None, fix: Position | None, near_mm: int) -> bool:
    if fence is None or fix is None:
        return False
    return inside(fence, fix.lon_e7, fix.lat_e7) or distance_mm(fence, fix.lon_e7, fix.lat_e7) <= near_mm


def _is_open(replica: Replica, number: int, at_ms: int) -> bool:
    """Whether a check-in there would find its group open; where none by position counts it stays out of sight."""
    fence = replica.checkpoint(number).fence
    if fence is None or int(Method.GPS) not in replica.rules.places[number].methods:
        return False
    lon_e7, lat_e7 = _somewhere_in(fence)
    verdict = replica.foresee(CheckIn(Method.GPS, None, at_ms, number, lon_e7, lat_e7, 0))
    return getattr(verdict, "reason", None) not in {Reason.NOT_OPEN, Reason.NOT_IN_FORMAT}


def _somewhere_in(fence: Fence) -> tuple[int, int]:
    """A position that counts as inside."""
    if isinstance(fence, Circle):
        return fence.metric.lon_e7, fence.metric.lat_e7
    part = fence if isinstance(fence, Polygon) else fence.parts[0]
    return part.exterior[0]


def _near(replica: Replica, shown: list[int], fix: Position | None) -> tuple[Near, ...]:
    if fix is None:
        return ()
    found = []
    for number in shown:
        fence = replica.checkpoint(number).fence
        if fence is not None:
            away_mm = distance_mm(fence, fix.lon_e7, fix.lat_e7)
            found.append(Near(number, away_mm, inside(fence, fix.lon_e7, fix.lat_e7)))
    return tuple(found)


def _checkpoint(replica: Replica, number: int) -> CheckpointView:
    checkpoint = replica.checkpoint(number)
    fence, methods = checkpoint.fence, sorted(replica.rules.places[number].methods)
    return CheckpointView(
        number=number,
        code=checkpoint.code,
        name=checkpoint.name,
        text=checkpoint.text,
        points=checkpoint.points,
        methods=tuple(METHOD_NAMES[method] for method in methods),
        lon_e7=fence.metric.lon_e7 if fence is not None else None,
        lat_e7=fence.metric.lat_e7 if fence is not None else None,
        radius_mm=fence.radius_mm if isinstance(fence, Circle) else None,
        rings=_rings(fence),
        finish=replica.package.finish.checkpoint == number,
    )


def _rings(fence: Fence | None) -> tuple[Ring, ...]:
    if fence is None or isinstance(fence, Circle):
        return ()
    parts = (fence,) if isinstance(fence, Polygon) else fence.parts
    return tuple(ring for part in parts for ring in (part.exterior, *part.holes))


def _challenges(replica: Replica, result: TeamResult) -> tuple[ChallengeView, ...]:
    """Those that are asked now: anywhere, or at a checkpoint that was visited."""
    visited, answered = frozenset(result.visited), frozenset(result.answered)
    taken: dict[int, set[int]] = {}
    for _, place, _, verdict in result.judged:
        if place < -1 and isinstance(verdict, Charged) and verdict.reason is Reason.HINT_TAKEN:
            taken.setdefault(-2 - place, set()).add(verdict.values[0])
    return tuple(
        ChallengeView(
            number=number,
            code=one.code,
            name=one.name,
            text=one.text,
            checkpoint=one.checkpoint,
            form=one.form,
            points=one.points,
            choices=one.choices,
            unit=one.unit,
            sealed=isinstance(one.key, Sealed),
            answered=number in answered,
            hint_points=tuple(hint.points for hint in one.hints),
            hints=tuple(one.hints[hint].text for hint in sorted(taken.get(number, ()))),
            media=one.media,
        )
        for number, one in enumerate(replica.package.challenges)
        if one.checkpoint is None or one.checkpoint in visited
    )


def _briefings(replica: Replica) -> tuple[BriefingView, ...]:
    """The game's texts before the start, and which of them this device accepted."""
    actions = (decode_action(event.payload) for event in replica.own_events())
    accepted = {action.version for action in actions if isinstance(action, Consented)}
    return tuple(
        BriefingView(one.version, one.text, one.consent, one.version in accepted) for one in replica.package.briefings
    )

"""What a user interface is shown of a replica: values made for screens, nothing that is not the player's to know.

Checkpoints that are not to be seen yet are left out, and so is everything that
judges answers: see `checkpoint_views` and `challenge_views`.
"""

from __future__ import annotations

from collections.abc import Sequence

from client_core import checkpoint_views
from client_core.calls import (
    AlarmView,
    BriefingView,
    Distances,
    Explained,
    Home,
    LineView,
    MediumView,
    MessageView,
    Position,
    Standing,
    WordsView,
)
from client_core.challenge_views import challenges
from client_core.game.actions import Consented
from client_core.game.challenges import Form
from client_core.game.checkpoints import Checkpoint
from client_core.game.content import encode_package
from client_core.game.entrants import Category, Format
from client_core.game.explaining import explain
from client_core.game.timeline import left_ms
from client_core.game.timing import SelfStart, StartList
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
        photos=any(one.form is Form.PHOTO for one in package.challenges),
        checkpoints=len(package.checkpoints),
        package_bytes=len(encode_package(package)),
        media=tuple(
            MediumView(one.name, one.hash.hex(), one.size, one.media_type, one.credit) for one in package.media
        ),
        texts={catalog.language: dict(catalog.entries) for catalog in package.catalogs},
    )


def standing(
    replica: Replica, fix: Position | None, at_ms: int, told: checkpoint_views.Told, known: int = 0
) -> Standing:
    """How the game stands for the own team; of the checkpoints what was not `told` under the version `known`."""
    result, team = replica.result(), replica.team()
    allowance = result.allowance
    shown = checkpoint_views.shown(replica, result, fix, at_ms)
    mine = replica.membership.team
    members, mine_for = members_known(replica), plays_for(replica)
    views = told.news(checkpoint_views.checkpoints(replica, result, shown, at_ms, told), known)
    return Standing(
        team_number=team.number,
        team_name=team.name,
        members=members,
        plays_for=mine_for,
        member_needed=is_needed(replica.package, len(members)) and not mine_for,
        status=str(result.status),
        points=result.points,
        penalties=result.penalties,
        score=result.score,
        start_ms=result.start_ms,
        left_ms=None if allowance is None else left_ms(allowance.neutral, allowance.end_ms, at_ms, allowance.credit_ms),
        paused=allowance is not None and any(low <= at_ms < high for low, high in allowance.neutral),
        finish_ms=result.finish_ms,
        time_ms=result.time_ms,
        categories=_names(replica.package.categories, result.categories),
        format="".join(_names(replica.package.formats, () if result.format is None else (result.format,))),
        checkpoints=views,
        checkpoints_version=told.version,
        visited=result.visited,
        near=checkpoint_views.near(replica, shown, fix) if replica.package.showing.distances else (),
        challenges=challenges(replica, result),
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


def _names(kinds: Sequence[Category | Format], codes: tuple[str, ...]) -> tuple[str, ...]:
    """What people call those of these codes: by name, else by code."""
    return tuple(one.name or one.code for one in kinds if one.code in codes)


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
    shown = checkpoint_views.shown(replica, replica.result(), fix, at_ms)
    return Distances(checkpoint_views.near(replica, shown, fix))


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


def _briefings(replica: Replica) -> tuple[BriefingView, ...]:
    """The game's texts before the start, and which of them this device accepted."""
    if not replica.package.briefings:
        return ()
    own = (entry.action for entry in replica.holding.entries() if entry.author == replica.public_key)
    accepted = {action.version for action in own if isinstance(action, Consented)}
    return tuple(
        BriefingView(one.version, one.text, one.consent, one.version in accepted) for one in replica.package.briefings
    )

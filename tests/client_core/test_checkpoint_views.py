"""What a player is shown of checkpoints: opening hours, what the team plays, who holds a captured one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bridged import BridgedPlayer
from loopback import DRAFT, START_MS, TEAMS, LoopbackNode

from client_core.calls import CheckpointView, Position
from client_core.game.actions import CheckIn, HolderShown, TeamRegistered, decode_action, encode_action
from client_core.game.checkpoints import Capture, FirstFinders, Hours, Kind, Method, Shown
from client_core.game.entrants import Category, Format
from client_core.game.groups import Group, Leg
from client_core.game.publish import publish
from client_core.game.showing import Showing, StandingsShown
from client_core.team_log import team_events

MINUTE_MS = 60_000
RED, BLUE = TEAMS["RED"][0], TEAMS["BLUE"][0]
WAYS = (Method.GPS, Method.CODE)
KINDS = (
    Kind(WAYS, 50_000),
    Kind(
        WAYS,
        50_000,
        hours=(Hours(START_MS, START_MS + MINUTE_MS), Hours(START_MS + 60 * MINUTE_MS, START_MS + 90 * MINUTE_MS)),
    ),
    Kind(WAYS, 50_000, pay=FirstFinders((10, 5, 2))),
    Kind(WAYS, 50_000, pay=Capture(2, 10 * MINUTE_MS)),
    Kind(WAYS, 50_000, shown=Shown.NEAR, near_mm=1_000, hours=(Hours(START_MS, START_MS + MINUTE_MS),)),
)
FREE, TIMED, RACED, HELD, HIDDEN = range(5)
NewPlayer = Callable[..., tuple[BridgedPlayer, LoopbackNode]]


@pytest.fixture
def new_player(tmp_path: Path) -> Iterator[NewPlayer]:
    """A phone of team RED, and its node, in a game whose checkpoints are of these five kinds."""
    open_now: list[BridgedPlayer | LoopbackNode] = []

    def make(**changes: Any) -> tuple[BridgedPlayer, LoopbackNode]:
        places = tuple(
            msgspec.structs.replace(one, kind=number % len(KINDS)) for number, one in enumerate(DRAFT.checkpoints)
        )
        draft = msgspec.structs.replace(DRAFT, kinds=KINDS, checkpoints=places, finish_code=None, **changes)
        node = LoopbackNode(package=publish(draft))
        player = BridgedPlayer(tmp_path / "a.db", START_MS, "a")
        open_now.extend((player, node))
        player.join(node.url, "RED")
        return player, node

    yield make
    for one in open_now:
        one.close()


def shown(player: BridgedPlayer, fix: Position | None = None) -> dict[int, CheckpointView]:
    return {one.number: one for one in player.now(fix).checkpoints or ()}


def tell(node: LoopbackNode, player: BridgedPlayer, *actions: Any) -> list[bytes]:
    """The node writes for everybody, and the phone hears of it; the ids of what was written."""
    stream = node.node.write(*map(encode_action, actions))
    player.call("sync", url=node.sync_url)
    return [event.id for event in node.node.log.read(stream, 0, 0, len(actions) - 1)]


def test_opening_hours_and_extra_points_are_told_of_what_may_be_seen_and_of_nothing_else(new_player: NewPlayer) -> None:
    player, _ = new_player()
    found = shown(player)
    assert found[TIMED].hours == tuple((one.from_ms, one.to_ms) for one in KINDS[TIMED].hours)
    assert (found[FREE].hours, found[FREE].first_points, found[FREE].minute_points) == ((), (), 0)
    assert (found[RACED].first_points, found[HELD].minute_points) == ((10, 5, 2), 2)
    assert HIDDEN not in found


def test_what_a_team_plays_is_told_by_its_format_and_its_courses(new_player: NewPlayer) -> None:
    player, node = new_player(
        categories=(
            Category("FAM", "Families", assigned_only=True, format="short"),
            Category("ELI", "", assigned_only=True),
        ),
        formats=(Format("short", "Two hours", checkpoints=(FREE, TIMED)), Format("long", "Four hours")),
        groups=(Group("E", "Elite", legs=(Leg((TIMED,)),), categories=("ELI",)),),
    )
    assert (player.now().format, player.now().categories) == ("", ())
    tell(node, player, TeamRegistered(START_MS, RED, 1, "Reds", categories=("FAM",)))
    assert (player.now().format, player.now().categories) == ("Two hours", ("Families",))
    plays = {number: one.plays for number, one in shown(player).items()}
    assert plays == {FREE: True, TIMED: False, RACED: False, HELD: False}  # TIMED is of the elite's course
    # Exactly what the rule book refuses as not theirs.
    refused = {
        number: player.call("check_in", checkpoint=number, code=one.code, at_ms=START_MS + 1_000).reason
        == "not_in_format"
        for number, one in shown(player).items()
    }
    assert refused == {number: not one for number, one in plays.items()}


def test_who_holds_a_checkpoint_is_told_as_far_as_is_known_and_the_check_in_names_what_was_shown(
    new_player: NewPlayer,
) -> None:
    player, node = new_player()
    assert shown(player)[HELD].holder is None
    (view,) = tell(
        node,
        player,
        HolderShown(START_MS, HELD, BLUE, START_MS - MINUTE_MS),
    )
    holder = shown(player)[HELD].holder
    assert holder is not None
    assert (holder.mine, holder.since_ms, holder.blocked_until_ms) == (
        False,
        START_MS - MINUTE_MS,
        START_MS + 9 * MINUTE_MS,
    )
    player.call("check_in", checkpoint=HELD, code="D", at_ms=START_MS + 1_000)
    player.call("check_in", checkpoint=FREE, code="A", at_ms=START_MS + 2_000)
    player.call("sync", url=node.sync_url)
    actions = [decode_action(event.payload) for event in team_events(node.node.log, RED)]
    views = {one.checkpoint: one.view for one in actions if isinstance(one, CheckIn)}
    assert views == {HELD: view, FREE: None}
    holder = shown(player)[HELD].holder
    assert holder is not None
    assert (holder.mine, holder.since_ms) == (True, START_MS + 1_000)


@pytest.mark.parametrize(
    ("showing", "known"),
    [
        (Showing(standings=StandingsShown.HIDDEN), False),
        (Showing(standings=StandingsShown.FROZEN, frozen_from_ms=START_MS + 1), True),
        (Showing(standings=StandingsShown.FROZEN, frozen_from_ms=START_MS), False),
    ],
)
def test_who_holds_a_checkpoint_is_told_only_as_long_as_players_see_standings_live(
    new_player: NewPlayer, showing: Showing, known: bool
) -> None:
    player, node = new_player(showing=showing)
    tell(node, player, HolderShown(START_MS - 1, HELD, BLUE, START_MS - MINUTE_MS))
    assert (shown(player)[HELD].holder is not None) is known


def test_checkpoints_are_told_again_only_where_something_of_them_changed(new_player: NewPlayer) -> None:
    player, node = new_player()
    first = player.now()
    assert first.checkpoints

    def news(known: int) -> tuple[int, bool]:
        found = player.call("now", at_ms=START_MS, fix=None, checkpoints_known=known)
        return found.checkpoints_version, found.checkpoints is not None

    assert news(first.checkpoints_version) == (first.checkpoints_version, False)
    assert news(0) == (first.checkpoints_version, True)
    tell(node, player, HolderShown(START_MS, HELD, BLUE, START_MS - MINUTE_MS))
    version, told = news(first.checkpoints_version)
    assert (version, told) == (first.checkpoints_version + 1, True)
    assert news(version) == (version, False)
    player.close()
    assert news(version)[1], "who opens the store anew cannot know what the page was told"

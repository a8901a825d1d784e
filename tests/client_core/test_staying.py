"""A place at which one has to stay: the phone counts from when it was there, and says so with the check-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bridged import BridgedPlayer
from loopback import DRAFT, LAT, START_MS, LoopbackNode, lon_of

from client_core.calls import Outcome, Position
from client_core.game.actions import CheckIn, decode_action
from client_core.game.checkpoints import Kind, Method
from client_core.game.publish import publish
from client_core.staying import GAP_MS_MAX
from client_core.team_log import team_events

DWELL_MS = 60_000


def at(second: int, north_m: float = 0.0, accuracy_mm: int = 5_000) -> Position:
    """At the first checkpoint, or so many metres north of it."""
    lat_e7 = round((LAT + north_m / 111_250) * 1e7)
    return Position(round(lon_of(0) * 1e7), lat_e7, accuracy_mm, START_MS + second * 1_000)


@pytest.fixture
def player(tmp_path: Path) -> Iterator[BridgedPlayer]:
    """A phone in a game in which one has to stay at every checkpoint for a minute."""
    kind = Kind((Method.GPS, Method.CODE), 50_000, dwell_ms=DWELL_MS)
    node = LoopbackNode(package=publish(msgspec.structs.replace(DRAFT, kinds=(kind,), finish_code=None)))
    found = BridgedPlayer(tmp_path / "a.db", START_MS, "a")
    found.join(node.url, "RED")
    yield found
    found.close()
    node.close()


def walk(player: BridgedPlayer, *fixes: Position) -> None:
    for fix in fixes:
        player.call("near", fix=fix, at_ms=fix.at_ms)


def check_in(player: BridgedPlayer, fix: Position) -> Outcome:
    outcome: Outcome = player.call("check_in", checkpoint=0, at_ms=fix.at_ms, fix=fix)
    return outcome


def test_a_tap_counts_once_the_player_has_stayed_and_says_before_how_long_it_was(player: BridgedPlayer) -> None:
    assert player.now().checkpoints[0].dwell_ms == DWELL_MS
    walk(player, *(at(second) for second in range(0, 30, 5)))
    early = check_in(player, at(30))
    assert (early.reason, early.values, early.kept) == ("dwell_too_short", (30_000, DWELL_MS), False)
    walk(player, *(at(second) for second in range(35, 60, 5)))
    assert check_in(player, at(60)).verdict == "accepted"
    log = player.bridge.replica().log
    actions = [decode_action(event.payload) for event in team_events(log, player.bridge.replica().membership.team)]
    assert [one.before_ms for one in actions if isinstance(one, CheckIn)] == [DWELL_MS]


@pytest.mark.parametrize(
    ("fixes", "stayed_s"),
    [
        ([at(0), at(30, 200), at(50), at(70)], 20),  # away in between
        ([at(0), at(30, 40, 20_000), at(50), at(70)], 70),  # beyond by less than the fix is good for
        ([at(0), at(5 + GAP_MS_MAX // 1_000), at(70)], 5),  # nobody knows where it was
        ([at(0), at(40), at(20), at(30)], 10),  # the clock was set back
        ([at(0, 200), at(30)], 0),
    ],
)
def test_what_a_stay_is(player: BridgedPlayer, fixes: list[Position], stayed_s: int) -> None:
    walk(player, *fixes)
    outcome = check_in(player, fixes[-1])
    if stayed_s * 1_000 >= DWELL_MS:
        assert outcome.verdict == "accepted"
    else:
        assert outcome.values == (stayed_s * 1_000, DWELL_MS)


def test_what_stands_there_counts_at_once(player: BridgedPlayer) -> None:
    code = DRAFT.checkpoints[0].code
    assert player.call("check_in", checkpoint=0, at_ms=START_MS, code=code).verdict == "accepted"

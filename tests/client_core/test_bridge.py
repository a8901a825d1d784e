"""The bridge on CPython: the calls of a user interface as bytes, whatever they ask answered as a browser would."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from bridged import BridgedPlayer, CallFailed, decode
from loopback import LAT, START_MS, TEAMS, LoopbackNode, lon_of

from client_core.bridge import CALLS, WAITING_MAX
from client_core.calls import Asked, Done, Failed, Position
from client_core.game.actions import Said
from client_core.game.nonces import spell
from client_core.game.standings import team_digest
from client_core.team_log import desk_entries
from client_core.transports.fetch import Fetched

NewPlayer = Callable[..., BridgedPlayer]


def at(number: int, minute: int, north_m: float = 0.0) -> Position:
    """At a checkpoint, or so many metres north of it."""
    lat = LAT + north_m / 111_250
    return Position(round(lon_of(number) * 1e7), round(lat * 1e7), 5_000, START_MS + minute * 60_000)


@pytest.fixture
def new_player(tmp_path: Path, hq: LoopbackNode) -> Iterator[NewPlayer]:
    """Make a phone that joined a team: `new_player("a", "RED")`."""
    made: list[BridgedPlayer] = []

    def make(name: str, code: str = "RED") -> BridgedPlayer:
        player = BridgedPlayer(tmp_path / f"{name}.db", START_MS, name)
        made.append(player)
        if code:
            player.join(hq.url, code)
        return player

    yield make
    for player in made:
        player.close()


def test_a_store_that_joined_nothing_says_so(new_player: NewPlayer) -> None:
    assert new_player("a", "").call("open").home is None


def test_joining_shows_the_game_and_keeps_no_private_key(new_player: NewPlayer, tmp_path: Path) -> None:
    player = new_player("a")
    home = player.call("open").home
    assert (home.name, home.team_number, home.checkpoints) == ("Five in a row", 1, 5)
    assert home.public_key == player.key.public_key
    player.close()
    connection = sqlite3.connect(tmp_path / "a.db")
    assert connection.execute("SELECT seed, public_key FROM membership").fetchone() == (None, player.key.public_key)
    connection.close()
    assert player.key.seed not in (tmp_path / "a.db").read_bytes()


def test_a_call_before_joining_is_answered_with_its_code(new_player: NewPlayer) -> None:
    with pytest.raises(CallFailed, match="not_joined"):
        new_player("a", "").now()


def test_a_wrong_code_is_told_with_the_nodes_own_words(new_player: NewPlayer, hq: LoopbackNode) -> None:
    player = new_player("a", "")
    with pytest.raises(CallFailed, match="join_code_unknown: no such code"):
        player.join(hq.url, "GREEN")
    assert player.call("open").home is None


def test_a_check_in_is_in_the_file_when_the_file_is_opened_again(new_player: NewPlayer) -> None:
    player = new_player("a")
    outcome = player.check_in(0, at(0, 1))
    assert (outcome.verdict, outcome.points, outcome.kept) == ("accepted", 10, True)
    digest = player.call("explain").digest
    player.close()
    again = player.now()
    assert (again.visited, again.score, player.call("explain").digest) == ((0,), 10, digest)


def test_a_miss_says_how_far_and_how_good_the_fix_was_and_is_not_kept(new_player: NewPlayer) -> None:
    outcome = new_player("a").check_in(1, at(1, 1, north_m=31))
    assert (outcome.verdict, outcome.reason, outcome.kept) == ("refused", "outside_fence", False)
    away_mm, radius_mm = outcome.values
    assert 30_900 < away_mm < 31_100
    assert (radius_mm, outcome.accuracy_mm) == (25_000, 5_000)


def test_a_session_by_requests_makes_events_safe_and_both_sides_fold_the_same(
    new_player: NewPlayer, hq: LoopbackNode
) -> None:
    player = new_player("a")
    player.check_in(0, at(0, 1))
    player.check_in(2, at(2, 2))
    assert player.now().safety.unsent == 2
    synced = player.call("sync")
    assert (synced.converged, synced.problem) == (True, "")
    standing = player.now()
    assert (standing.safety.unsent, standing.safety.safe) == (0, 2)
    assert player.call("explain").digest == team_digest(hq.result("RED"))


def test_a_check_in_in_the_middle_of_a_session_is_durable_and_goes_with_the_next(
    new_player: NewPlayer, hq: LoopbackNode
) -> None:
    player = new_player("a")
    player.check_in(0, at(0, 1))
    left = [2, 3]

    def play_on(_: Asked) -> None:
        if left:
            number = left.pop()
            assert (
                decode(
                    player.bridge.call(
                        "check_in",
                        msgspec.msgpack.encode(
                            {"checkpoint": number, "at_ms": START_MS + 120_000, "fix": at(number, 2)}
                        ),
                    )
                ).__class__
                is Done
            )

    player.before_answer = play_on
    player.call("sync")
    player.call("sync")
    standing = player.now()
    assert (left, standing.score, standing.safety.unsent) == ([], 30, 0)
    assert player.call("explain").digest == team_digest(hq.result("RED"))


def test_offline_is_told_kept_in_the_status_and_blocks_nothing(new_player: NewPlayer) -> None:
    player = new_player("a")
    player.online = False
    with pytest.raises(CallFailed, match="upstream_down"):
        player.call("sync")
    assert player.check_in(0, at(0, 1)).verdict == "accepted"
    assert [failure.code for failure in player.now().safety.failures] == ["upstream_down"]
    player.online = True
    assert player.call("sync").converged
    assert player.now().safety.failures == ()


@pytest.mark.parametrize(
    ("mode", "code"),
    [("html", "not_wayfold"), ("gateway", "upstream_down"), ("busy", "busy"), ("huge", "answer_too_big"),
     ("redirect", "not_wayfold"), ("problem", "game_unknown")],
)  # fmt: skip
def test_whatever_answers_in_the_nodes_place_is_named_as_over_sockets(
    new_player: NewPlayer, hq: LoopbackNode, mode: str, code: str
) -> None:
    player = new_player("a")
    player.check_in(0, at(0, 1))
    hq.mode = mode
    with pytest.raises(CallFailed) as failed:
        player.call("sync")
    assert failed.value.code == code
    hq.mode = ""
    assert player.call("sync").converged


def test_only_one_session_runs_at_a_time_and_one_given_up_leaves_room(new_player: NewPlayer) -> None:
    player = new_player("a")
    first = player.step("sync")
    assert isinstance(first, Asked)
    with pytest.raises(CallFailed, match="busy"):
        player.call("sync")
    failed = decode(player.bridge.resume(first.ticket, msgspec.msgpack.encode(Fetched(failure="slow"))))
    assert isinstance(failed, Failed)
    assert failed.code == "upstream_slow"
    assert player.call("sync").converged


def test_an_answer_that_is_none_ends_the_call_and_nothing_else(new_player: NewPlayer) -> None:
    player = new_player("a")
    asked = player.step("sync")
    assert isinstance(asked, Asked)
    failed = decode(player.bridge.resume(asked.ticket, b"\x93garbage"))
    assert isinstance(failed, Failed)
    assert failed.code == "request_malformed"
    again = decode(player.bridge.resume(asked.ticket, b""))
    assert isinstance(again, Failed)
    assert again.code == "ticket_unknown"
    assert player.call("sync").converged


@pytest.mark.parametrize("request_bytes", [b"", b"\xc1", b"\x80", b"\x91" * 3000, b"\xdf\xff\xff\xff\xff"])
def test_bytes_that_are_no_request_are_refused_by_every_call(new_player: NewPlayer, request_bytes: bytes) -> None:
    player = new_player("a")
    for name, call in CALLS.items():
        if request_bytes == b"\x80" and not [f for f in msgspec.structs.fields(call.asked) if f.required]:
            continue
        step = decode(player.bridge.call(name, request_bytes))
        assert isinstance(step, Failed), name
        assert step.code == "request_malformed", name
    assert player.now().visited == ()


def test_values_out_of_their_range_are_refused_and_nothing_is_written(new_player: NewPlayer) -> None:
    player = new_player("a")
    fix = {"lon_e7": 2_000_000_000, "lat_e7": 0, "accuracy_mm": None, "at_ms": START_MS}
    with pytest.raises(CallFailed, match="request_malformed"):
        player.call("check_in", checkpoint=0, at_ms=START_MS, fix=fix)
    with pytest.raises(CallFailed, match="unknown_checkpoint"):
        player.call("check_in", checkpoint=999, at_ms=START_MS)
    with pytest.raises(CallFailed, match="text_"):
        player.call("say", text="a\x00b", at_ms=START_MS)
    assert player.now().safety.unsent == 0


def test_calls_that_are_never_answered_have_a_limit(new_player: NewPlayer, hq: LoopbackNode) -> None:
    player = new_player("a")
    asked = {"url": hq.url, "code": "RED", "public_key": player.key.public_key}
    for _ in range(WAITING_MAX):
        assert isinstance(player.step("join", **asked), Asked)
    step = player.step("join", **asked)
    assert isinstance(step, Failed)
    assert step.code == "busy"
    assert player.check_in(0, at(0, 1)).verdict == "accepted"


def test_help_is_recorded_offline_and_said_not_to_be_known_yet(new_player: NewPlayer) -> None:
    player = new_player("a")
    player.online = False
    player.call("sos", at_ms=START_MS, text="ankle", fix=at(0, 0), battery_percent=40)
    (alarm,) = player.now().alarms
    assert (alarm.sent, alarm.seen) == (False, ())


def test_what_was_said_to_staff_and_a_call_for_help_are_sent_once_somebody_else_holds_them(
    new_player: NewPlayer, hq: LoopbackNode
) -> None:
    player = new_player("a")
    player.call("sos", at_ms=START_MS, text="ankle", fix=None, battery_percent=None)
    player.call("sync")
    player.call("say", at_ms=START_MS + 1, text="we are late")
    standing = player.now()
    assert [alarm.sent for alarm in standing.alarms] == [True]
    assert [(said.text, said.sent) for said in standing.words] == [("we are late", False)]
    player.call("sync")
    assert [said.sent for said in player.now().words] == [True]


def test_the_day_as_a_file_brings_everything_to_another_node(new_player: NewPlayer, hq: LoopbackNode) -> None:
    player = new_player("a")
    player.check_in(0, at(0, 1))
    content = player.call("export").content
    other = new_player("b")
    taken = other.call("import", content=content)
    assert taken.whole
    assert other.now().score == 10


def test_every_line_of_the_explanation_is_a_code_with_values_and_they_sum_to_the_score(new_player: NewPlayer) -> None:
    player = new_player("a")
    player.check_in(0, at(0, 1))
    player.check_in(0, at(0, 2))
    player.check_in(2, at(2, 3))
    explained = player.call("explain")
    assert sum(line.points for line in explained.lines) == explained.score == 20
    assert {(line.code, line.checkpoint_code) for line in explained.lines} == {("paid", "A"), ("paid", "C")}


def test_distances_are_those_that_the_fence_decides_by(new_player: NewPlayer) -> None:
    player = new_player("a")
    near = {one.number: one for one in player.now(at(0, 1, north_m=10)).near}
    assert near[0].inside
    assert not near[1].inside
    assert 9_900 < near[0].distance_mm < 10_100
    fix = at(0, 1, north_m=10)
    assert player.call("near", fix=fix, at_ms=fix.at_ms).near == tuple(near.values())


def test_a_kiosks_code_of_time_is_taken_by_scanning_it_with_no_network(new_player: NewPlayer) -> None:
    player = new_player("a")
    player.online = False
    code = spell(b"0123456789ab")
    outcome = player.call("scan", text=f" {code.lower()}\n", at_ms=START_MS)
    assert (outcome.verdict, outcome.points, outcome.kept) == ("accepted", 0, True)
    assert player.now().safety.unsent == 1
    refused = player.call("scan", text=code[:-1], at_ms=START_MS)
    assert (refused.verdict, refused.reason, refused.kept) == ("refused", "wrong_code", False)


def test_a_photo_of_the_gallery_is_reported_with_no_network_and_hidden_where_that_arrives(
    new_player: NewPlayer, hq: LoopbackNode
) -> None:
    player = new_player("a")
    player.online = False
    player.call("report", photo=b"p" * 32, text="not me", at_ms=START_MS)
    player.online = True
    player.call("sync", url=hq.sync_url)
    said = [entry.action for entry in desk_entries(hq.node.log, TEAMS["RED"][0])]
    assert Said(START_MS, "not me", b"p" * 32) in said
    with pytest.raises(CallFailed, match="request_malformed"):
        player.call("report", photo=b"p", at_ms=START_MS)

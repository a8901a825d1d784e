"""The replica against a real node, over real HTTP and through files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from loopback import HOUR_MS, LAT, START_MS, TEAMS, LoopbackNode, lon_of
from nodes import key_of

from client_core.clock import SteppedClock
from client_core.game.fences import Fix
from client_core.game.scoring import Flag
from client_core.game.standings import team_digest
from client_core.game.verdicts import Accepted, Reason, Refused
from client_core.replica import Replica, ReplicaError
from client_core.team_log import team_events
from client_core.transports.errors import TransportError
from client_core.transports.http import HttpTransport
from sync.batch import Batch, OwnEvents
from sync.errors import FrameError, RemoteError
from sync.event import seal
from sync.receipt import SAFE, Receipt
from sync.stream import GAME, StreamKey, stream_id

YEAR_MS = 365 * 24 * HOUR_MS


def at(number: int, at_ms: int, accuracy_mm: int | None = 5_000) -> Fix:
    return Fix(round(lon_of(number) * 1e7), round(LAT * 1e7), accuracy_mm, at_ms)


def visit(replica: Replica, number: int, minute: int) -> Accepted | Refused:
    at_ms = START_MS + minute * 60_000
    return replica.check_in(number, at_ms=at_ms, fix=at(number, at_ms))


def sync(replica: Replica, node: LoopbackNode):
    return replica.sync_once(HttpTransport(node.sync_url))


def counts(replica: Replica) -> tuple[int, int, int]:
    status = replica.status()
    return status.unsent, status.in_custody, status.safe


def test_an_accepted_check_in_is_in_the_file_when_the_file_is_opened_again(new_device) -> None:
    device = new_device("a")
    assert visit(device, 0, 1) == Accepted(10)
    path = device._database.path
    with Replica.open(path) as again:
        assert again.result().visited == (0,)
        assert again.digest() == device.digest()


def test_a_device_folds_on_what_it_kept_and_says_what_folding_its_file_anew_says(new_device) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    device.result()
    first = device.holding.reckoning.anew
    for minute in range(2, 13):
        visit(device, minute % 3, minute)
        assert team_digest(device.result()) == device.digest()
    assert device.holding.reckoning.anew == first, "neither what is foreseen nor what was done is folded from nothing"


def test_a_check_in_outside_the_fence_is_refused_and_not_kept(new_device) -> None:
    device = new_device("a")
    verdict = device.check_in(1, at_ms=START_MS + 1, fix=at(0, START_MS + 1))
    assert isinstance(verdict, Refused)
    assert verdict.reason == Reason.OUTSIDE_FENCE
    assert device.counts().events == 0


def test_a_check_in_after_the_limit_is_refused_and_kept_for_the_staff(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    assert visit(device, 0, 80).reason == Reason.AFTER_LIMIT
    assert device.counts().events == 1
    sync(device, hq)
    assert team_digest(hq.result("RED")) == device.digest()


def test_a_session_makes_events_safe_and_both_sides_fold_the_same(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    visit(device, 2, 2)
    assert counts(device) == (2, 0, 0)
    report = sync(device, hq)
    assert report.converged
    assert counts(device) == (0, 0, 2)
    assert hq.result("RED").score == 20
    assert team_digest(hq.result("RED")) == device.digest()
    assert device.status().failures == ()


def test_two_phones_of_a_team_at_one_checkpoint_score_it_once(new_device, hq: LoopbackNode) -> None:
    one, two = new_device("one"), new_device("two")
    visit(one, 0, 1)
    visit(two, 0, 2)
    visit(two, 1, 3)
    for device in (one, two, one):
        sync(device, hq)
    assert one.result().score == two.result().score == 20
    assert one.digest() == two.digest() == team_digest(hq.result("RED"))


def test_an_empty_payload_of_a_broken_phone_is_an_event_like_any_other(new_device, hq: LoopbackNode) -> None:
    phone = new_device("a")
    visit(phone, 0, 1)
    key = StreamKey(phone.public_key, phone.membership.incarnation, phone.audience)
    (branch,) = phone.log.index.streams[stream_id(key)].branches
    empty = seal(phone.game, stream_id(key), branch.tip_seq + 1, branch.tip, b"s" * 16, b"")
    phone.log.append(Batch(own=(OwnEvents(key, (empty,)),)))
    sync(phone, hq)
    assert phone.result().events == hq.result("RED").events == 2


def test_a_phone_sees_nothing_of_another_team(new_device, hq: LoopbackNode) -> None:
    red, blue = new_device("red", "RED"), new_device("blue", "BLUE")
    visit(red, 0, 1)
    sync(red, hq)
    sync(blue, hq)
    assert team_events(blue.log, TEAMS["RED"][0]) == []


def test_a_device_restored_from_an_old_copy_goes_on_in_a_new_incarnation_and_loses_nothing(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    sync(device, hq)
    device.close()
    shutil.copy(tmp_path / "a.db", tmp_path / "old.db")
    with Replica.open(tmp_path / "a.db") as device:
        visit(device, 1, 2)
        sync(device, hq)
    with Replica.open(tmp_path / "old.db") as old:
        visit(old, 2, 3)
        before = old.membership.incarnation
        sync(old, hq)
        assert old.membership.incarnation != before
        assert old.status().forked
        assert old.result().visited == (0, 1, 2)
        visit(old, 3, 4)
        assert sync(old, hq).converged
        assert old.status().incarnations == 2
        assert team_digest(hq.result("RED")) == old.digest()
    with Replica.open(tmp_path / "old.db") as again:
        assert again.membership.incarnation == old.membership.incarnation
        assert again.result().visited == (0, 1, 2, 3)


def test_a_restored_device_that_has_written_nothing_since_does_not_fork(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    sync(device, hq)
    device.close()
    shutil.copy(tmp_path / "a.db", tmp_path / "old.db")
    with Replica.open(tmp_path / "a.db") as device:
        visit(device, 1, 2)
        sync(device, hq)
    with Replica.open(tmp_path / "old.db") as old:
        sync(old, hq)
        visit(old, 2, 3)
        sync(old, hq)
        assert not old.status().forked
        assert old.status().incarnations == 2
        assert hq.result("RED").visited == (0, 1, 2)


def test_receipts_count_only_from_the_authority_and_its_edges(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    device.export_bundle(Path(device._database.path).with_suffix(".wfb"))
    (state,) = [s for s in device.log.index.streams.values() if s.key.public_key == device.public_key]
    branch = state.branches[0]
    stranger = key_of("stranger").public_key
    forged = Receipt(stranger, b"x" * 16, b"y" * 16, state.id, branch.head_seq, branch.head, SAFE, 1, b"\1" * 64)
    device.log.append(Batch(receipts=(forged,)))
    assert counts(device) == (1, 0, 0)


def test_receipts_of_a_restored_authority_are_doubted_until_the_roots_are_equal_again(
    new_device, hq: LoopbackNode
) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    sync(device, hq)
    assert counts(device) == (0, 0, 1)
    fresh = LoopbackNode()
    fresh.node.log.state = hq.node.log.state.__class__(hq.node.log.state.store_id, b"E" * 16, 0)
    try:
        report = device.sync_once(HttpTransport(fresh.sync_url))
        assert report.converged
        assert fresh.result("RED").visited == (0,)
        assert counts(device) == (0, 0, 1)
    finally:
        fresh.close()


def test_a_device_without_a_network_comes_home_by_file(new_device, hq: LoopbackNode, tmp_path: Path) -> None:
    away, courier = new_device("away"), new_device("courier")
    visit(away, 0, 1)
    away.export_bundle(tmp_path / "away.wfb")
    report = courier.import_bundle(tmp_path / "away.wfb")
    assert (report.whole, report.received) == (True, 1)
    assert courier.result().visited == (0,)
    sync(courier, hq)
    assert hq.result("RED").visited == (0,)
    courier.export_bundle(tmp_path / "back.wfb")
    away.import_bundle(tmp_path / "back.wfb")
    assert away.digest() == courier.digest()


def test_a_file_that_is_no_bundle_or_of_another_game_is_refused_by_name(new_device, tmp_path: Path) -> None:
    device = new_device("a")
    (tmp_path / "not").write_bytes(b"hello")
    with pytest.raises(FrameError) as told:
        device.import_bundle(tmp_path / "not")
    assert told.value.code == "not_a_bundle"
    with pytest.raises(TransportError) as told:
        device.import_bundle(tmp_path / "absent")
    assert told.value.code == "file_missing"


def test_a_cut_bundle_is_said_to_be_cut_and_what_was_sound_is_kept(new_device, tmp_path: Path) -> None:
    away, other = new_device("away"), new_device("other")
    visit(away, 0, 1)
    away.export_bundle(tmp_path / "b.wfb")
    data = (tmp_path / "b.wfb").read_bytes()
    (tmp_path / "b.wfb").write_bytes(data[:-10])
    report = other.import_bundle(tmp_path / "b.wfb")
    assert not report.whole
    assert "bundle_cut" in {problem.code for problem in report.problems}
    assert other.result().visited == (0,)


def test_a_clock_a_year_ahead_is_kept_and_flagged_and_never_refused(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    device.clock = SteppedClock(START_MS + YEAR_MS)
    at_ms = START_MS + YEAR_MS
    assert isinstance(device.check_in(0, at_ms=at_ms, fix=at(0, at_ms)), Accepted)
    sync(device, hq)
    status = device.status()
    assert Flag.CLOCK_AHEAD in status.flags
    assert "clock_differs" in status.flags
    assert status.clock_ahead_ms == YEAR_MS
    assert Flag.CLOCK_AHEAD in hq.result("RED").flags
    assert status.safe == 1


def test_upstreams_are_tried_in_order_and_the_failure_is_remembered_until_it_works(
    new_device, hq: LoopbackNode
) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    gone = LoopbackNode()
    gone.close()
    report = device.sync_once(HttpTransport(gone.sync_url), HttpTransport(hq.sync_url))
    assert report.converged
    assert [(f.url, f.code) for f in device.status().failures] == [(gone.sync_url, "upstream_down")]


@pytest.mark.parametrize("mode", ["html", "slow", "busy", "problem", "cut", "huge", "garbage"])
def test_nothing_is_lost_whatever_the_upstream_does(new_device, hq: LoopbackNode, mode: str) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    hq.mode = mode
    with pytest.raises((TransportError, RemoteError)):
        device.sync_once(HttpTransport(hq.sync_url, timeout_s=0.3))
    assert len(device.status().failures) == 1
    hq.mode = ""
    assert sync(device, hq).converged
    assert device.status().failures == ()
    assert counts(device) == (0, 0, 1)


def test_a_wrong_join_code_is_told_by_name_and_joining_again_is_the_same_device(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    with pytest.raises(TransportError) as told:
        Replica.join(tmp_path / "a.db", hq.url, "WRONG")
    assert told.value.code == "join_code_unknown"
    with pytest.raises(ReplicaError) as missing:
        Replica.open(tmp_path / "a.db")
    assert missing.value.code == "not_joined"
    device = new_device("a")
    visit(device, 0, 1)
    again = new_device("a")
    assert again.public_key == device.public_key
    assert again.membership.incarnation == device.membership.incarnation
    assert again.result().visited == (0,)


def test_a_command_beside_a_running_device_continues_the_same_chain(new_device, hq: LoopbackNode) -> None:
    running = new_device("a")
    visit(running, 0, 1)
    with Replica.open(running._database.path) as beside:
        visit(beside, 1, 2)
    visit(running, 2, 3)
    assert running.result().visited == (0, 1, 2)
    sync(running, hq)
    assert not running.status().forked
    assert hq.result("RED").visited == (0, 1, 2)


def test_an_open_run_keeps_one_payload_seed_and_a_signed_one_is_left(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    visit(device, 0, 1)
    visit(device, 1, 2)
    sync(device, hq)
    visit(device, 2, 3)
    (state,) = [s for s in device.log.index.streams.values() if s.key.audience != GAME]
    seeds = [event.seed for event in device.log.read(state.id, 0, 0, 2)]
    assert seeds[0] == seeds[1] != seeds[2]

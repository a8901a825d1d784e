"""Copies of one device, and devices whose storage was taken away: what each did counts once, and nobody forks twice."""

from __future__ import annotations

import shutil
from pathlib import Path

from loopback import LAT, START_MS, LoopbackNode, lon_of

from client_core.clock import SteppedClock
from client_core.game.fences import Fix
from client_core.game.standings import team_digest
from client_core.replica import Replica
from client_core.transports.http import HttpTransport


def visit(replica: Replica, number: int, minute: int) -> None:
    at_ms = START_MS + minute * 60_000
    fix = Fix(round(lon_of(number) * 1e7), round(LAT * 1e7), 5_000, at_ms)
    replica.check_in(number, at_ms=at_ms, fix=fix)


def sync(replica: Replica, node: LoopbackNode) -> bool:
    return replica.sync_once(HttpTransport(node.sync_url)).converged


def forks_at(node: LoopbackNode) -> int:
    """How many branches more than one a stream the node holds."""
    return sum(len(state.branches) - 1 for state in node.node.log.index.streams.values())


def test_two_clones_told_to_go_on_anew_and_both_offline_again_do_not_fork_a_second_time(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    first = new_device("a")
    visit(first, 0, 1)
    sync(first, hq)
    first.close()
    shutil.copy(tmp_path / "a.db", tmp_path / "b.db")
    with Replica.open(tmp_path / "a.db") as one, Replica.open(tmp_path / "b.db") as two:
        visit(one, 1, 2)
        visit(two, 2, 2)
        assert sync(one, hq)
        assert sync(two, hq), "it is shown what the other wrote in its place, and goes on anew"
        assert sync(one, hq), "and so is the other"
        assert forks_at(hq) == 1
        assert one.membership.incarnation != two.membership.incarnation
        assert [one.status().forked, two.status().forked] == [True, True]
        for minute in (10, 20):
            visit(one, 3, minute)  # both offline again
            visit(two, 3, minute + 1)
            for replica in (two, one, two, one):
                assert sync(replica, hq)
            assert forks_at(hq) == 1, "no second fork"
        assert one.result().visited == two.result().visited == (0, 1, 2, 3)
        assert one.result().score == 40, "a place is paid once"
        assert one.digest() == two.digest() == team_digest(hq.result("RED"))
        assert (one.status().unsent, two.status().unsent) == (0, 0)


def test_a_clone_that_went_on_anew_and_was_copied_again_forks_only_what_the_copies_wrote(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    first = new_device("a")
    visit(first, 0, 1)
    sync(first, hq)
    first.close()
    for name in ("b", "c"):
        shutil.copy(tmp_path / "a.db", tmp_path / f"{name}.db")
    opened = [Replica.open(tmp_path / f"{name}.db") for name in "abc"]
    for number, replica in enumerate(opened, 1):
        visit(replica, number, 5 + number)
    for _ in range(3):
        for replica in opened:
            sync(replica, hq)
    assert forks_at(hq) == 2, "three copies, three branches of one stream"
    assert len({replica.membership.incarnation for replica in opened}) == 3
    assert {replica.digest() for replica in opened} == {team_digest(hq.result("RED"))}
    assert hq.result("RED").visited == (0, 1, 2, 3)
    for replica in opened:
        replica.close()


def test_a_device_whose_storage_was_evicted_joins_again_and_what_it_had_sent_counts(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    first = new_device("a")
    visit(first, 0, 1)
    sync(first, hq)
    visit(first, 1, 2)  # never sent: gone with the storage, and its owner had been told that it is not safe
    assert first.status().unsent == 1
    first.close()
    for file in tmp_path.glob("a.db*"):
        file.unlink()
    with Replica.join(tmp_path / "a.db", hq.url, "RED", clock=SteppedClock(START_MS)) as again:
        assert again.public_key != first.public_key, "a new key: nobody has the old one, so nobody can write as it"
        sync(again, hq)
        assert again.result().visited == (0,)
        visit(again, 1, 5)
        assert sync(again, hq)
        assert again.result().visited == (0, 1)
        assert again.digest() == team_digest(hq.result("RED"))
    assert forks_at(hq) == 0


def test_a_reinstalled_device_that_kept_its_file_is_the_same_device(
    new_device, hq: LoopbackNode, tmp_path: Path
) -> None:
    first = new_device("a")
    visit(first, 0, 1)
    first.close()
    shutil.move(tmp_path / "a.db", tmp_path / "kept.db")
    with Replica.join(tmp_path / "kept.db", hq.url, "RED", clock=SteppedClock(START_MS)) as again:
        assert again.public_key == first.public_key
        assert again.status().unsent == 1
        assert sync(again, hq)
    assert hq.result("RED").visited == (0,)

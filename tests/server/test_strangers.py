"""What is held against the strangers' quota: what nobody let in, and of a revoked key what does not stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from event_logs import FACTORIES
from nodes import ROOT_KEY, authority_statement, bare, enrolment_statement, key_of, run_of, segment_of, stated

from server.db.event_log import GameLog
from server.strangers import Strangers
from sync.batch import Batch
from sync.intake import STRANGER_EVENT_BYTES
from sync.statement import Pin, Revocation
from sync.stream import ALL


@pytest.mark.parametrize("pinned", ["a", "x", "both", "none"])
def test_of_a_revoked_keys_forked_stream_counts_what_its_revocation_does_not_leave_it(
    tmp_path: Path, pinned: str
) -> None:
    log = FACTORIES["server"].open(tmp_path)
    assert isinstance(log, GameLog)
    phone = key_of("phone")
    first = segment_of(run_of("phone", [b"zero", b"one", b"two"]))
    branches = {
        "a": segment_of(run_of("phone", [b"a", b"b", b"c"], 3, first.ids[2])),
        "x": segment_of(run_of("phone", [b"x"], 3, first.ids[2])),
    }
    log.append(Batch(statements=(authority_statement(ROOT_KEY), enrolment_statement(ROOT_KEY, phone, ALL))))
    for segment in (first, *branches.values()):
        log.append(Batch(segments=(segment,)))
    kept = [branches[name] for name in branches if pinned in {name, "both"}]
    pins = tuple(Pin(one.stream, one.first_seq + len(one.ids) - 1, one.ids[-1]) for one in kept)
    log.append(Batch(statements=(stated(ROOT_KEY, Revocation(phone.public_key, pins)),)))
    counted = {"none": ["zero", "one", "two", "a", "b", "c", "x"], "a": ["x"], "x": ["a", "b", "c"], "both": []}[pinned]
    assert Strangers(log).bytes_held == sum(STRANGER_EVENT_BYTES + len(payload) for payload in counted)


@pytest.mark.parametrize("kind", ["nobody", "revoked"])
def test_what_comes_again_is_not_counted_again(tmp_path: Path, kind: str) -> None:
    log = FACTORIES["server"].open(tmp_path)
    assert isinstance(log, GameLog)
    whole = run_of("phone", [b"%d" % n for n in range(8)])
    ids = segment_of(whole).ids
    first, rest = run_of("phone", [b"0", b"1", b"2"]), run_of("phone", [b"%d" % n for n in range(3, 8)], 3, ids[2])
    if kind == "revoked":
        phone = key_of("phone")
        log.append(Batch(statements=(authority_statement(ROOT_KEY), enrolment_statement(ROOT_KEY, phone, ALL))))
        revocation = Revocation(phone.public_key, (Pin(segment_of(whole).stream, 1, ids[1]),))
        log.append(Batch(statements=(stated(ROOT_KEY, revocation),)))
    strangers = Strangers(log)
    for run in (first, bare(rest, 1, 3), bare(rest, 1), rest, whole, first):
        transaction = log.begin()
        segment = segment_of(run)
        transaction.store(Batch(segments=(segment,)))
        transaction.commit()
        log.apply(transaction)
        strangers.follow(transaction.changes, [segment])
        assert strangers.bytes_held == Strangers(log).bytes_held
    assert strangers.bytes_held == (8 if kind == "nobody" else 6) * (STRANGER_EVENT_BYTES + 1)

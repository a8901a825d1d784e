"""The jury of the demo says no where it should."""

from __future__ import annotations

import pytest

from client_core.game.fences import Fix
from server.demo import highfield
from server.demo.comparison import Credit
from server.demo.oracle import distance_m, wrong_credits
from server.demo.rehearsal import rules, walk

SITES = highfield.controls()


def runner(result_id: int) -> highfield.Runner:
    return next(runner for runner in highfield.runners() if runner.result_id == result_id)


@pytest.fixture(scope="module")
def recorded() -> list[Fix]:
    return highfield.fixes(runner(7).track)


def given() -> list[Credit]:
    return walk(rules(), runner(7), highfield.fixes(runner(7).track))


def test_every_credit_of_a_plain_walk_is_given(recorded: list[Fix]) -> None:
    assert len(given()) > 20
    assert wrong_credits(recorded, given(), SITES) == []


def test_a_credit_for_another_control_than_the_one_passed_is_wrong(recorded: list[Fix]) -> None:
    moved = given()[0]._replace(code=given()[5].code)
    assert wrong_credits(recorded, [moved], SITES) == [moved]


def test_a_credit_at_a_place_or_time_that_was_never_recorded_is_wrong(recorded: list[Fix]) -> None:
    credit = given()[0]
    elsewhere = credit._replace(lat_e7=credit.lat_e7 + 10)
    between = credit._replace(at_ms=credit.at_ms + 1_000)
    assert wrong_credits(recorded, [elsewhere, between], SITES) == [elsewhere, between]


def test_a_credit_without_the_dwell_is_wrong_except_at_the_finish(recorded: list[Fix]) -> None:
    sites = {site.code: site for site in SITES}
    first = next(fix for fix in recorded if distance_m(fix.lon_e7 / 1e7, fix.lat_e7 / 1e7, sites["123"]) <= 24)
    entered = Credit("123", first.at_ms, first.lon_e7, first.lat_e7)
    assert wrong_credits(recorded, [entered], SITES) == [entered]
    arrived = next(credit for credit in given() if credit.code == highfield.FINISH)
    assert wrong_credits(recorded, [arrived], SITES) == []


def test_a_credit_that_rests_on_a_jump_is_wrong() -> None:
    jumpy = highfield.fixes(runner(76).track)
    sites = [site for site in SITES if site.code not in {highfield.START, highfield.FINISH}]
    early = [
        Credit(site.code, fix.at_ms, fix.lon_e7, fix.lat_e7)
        for fix in jumpy[1:5]
        for site in sites
        if distance_m(fix.lon_e7 / 1e7, fix.lat_e7 / 1e7, site) <= highfield.RADIUS_M
    ]
    moved = [highfield.Control(c.code, c.lon_e7 / 1e7, c.lat_e7 / 1e7) for c in early] or [
        highfield.Control("X", jumpy[3].lon_e7 / 1e7, jumpy[3].lat_e7 / 1e7)
    ]
    credits_ = early or [Credit("X", jumpy[3].at_ms, jumpy[3].lon_e7, jumpy[3].lat_e7)]
    assert wrong_credits(jumpy, credits_, moved) == credits_

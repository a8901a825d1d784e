"""The staff's desk: alarms nobody has seen, messages nobody has read, photos that may be shown."""

from __future__ import annotations

import hashlib

import pytest

from client_core.game.actions import Action, MessageRead, Photo, Said, Sos
from client_core.game.decisions import Acknowledged, MessageSent, PhotoShown
from client_core.game.desk import Entry, alarms, notices, pictures, words

OWLS, FOXES = b"O" * 16, b"F" * 16


def by_team(team: bytes, action: Action) -> Entry:
    """Something a phone wrote."""
    return Entry(hashlib.sha256(team + repr(action).encode()).digest(), b"P" * 32, False, team, action)


def by_staff(action: Action) -> Entry:
    """Something staff wrote."""
    return Entry(hashlib.sha256(repr(action).encode()).digest(), b"S" * 32, True, None, action)


def test_an_alarm_nobody_has_seen_stands_first_and_only_staff_see_it() -> None:
    first, second = by_team(OWLS, Sos(10)), by_team(FOXES, Sos(20, "twisted ankle"))
    ack = by_staff(Acknowledged(30, second.id, "on our way"))
    listed = alarms([ack, first, second, first])
    assert [(alarm.team, [seen.note for seen in alarm.seen]) for alarm in listed] == [
        (OWLS, []),
        (FOXES, ["on our way"]),
    ]
    not_staff = by_team(OWLS, Acknowledged(40, first.id))
    assert alarms([first, not_staff])[0].seen == ()


@pytest.mark.parametrize(
    ("message", "to"),
    [
        (MessageSent(1, "Thunder is coming"), {OWLS, FOXES}),
        (MessageSent(1, "Owls, call us", OWLS), {OWLS}),
        (MessageSent(1, "Families: the bridge is closed", None, "family"), {FOXES}),
        (MessageSent(1, "Nobody plays this", None, "none"), set()),
    ],
)
def test_a_message_lists_who_has_not_read_it(message: MessageSent, to: set[bytes]) -> None:
    sent = by_staff(message)
    categories = {OWLS: frozenset({"open"}), FOXES: frozenset({"family"})}
    (notice,) = notices([sent], categories)
    assert notice.unread_by == to
    (notice,) = notices([sent, by_team(FOXES, MessageRead(2, sent.id))], categories)
    assert notice.unread_by == to - {FOXES}


def test_words_of_a_team_are_never_a_message_of_staff() -> None:
    forged = by_team(OWLS, MessageSent(1, "Everybody go home"))
    assert notices([forged], {OWLS: frozenset()}) == []
    said = by_team(OWLS, Said(2, "The code is gone"))
    assert [line.said.text for line in words([said, forged])] == ["The code is gone"]


PHOTO = by_team(OWLS, Photo(5, 0, b"\x01" * 32, 1000))


REPORT = by_team(FOXES, Said(8, "not us", PHOTO.id))
SLOW_REPORT = by_team(FOXES, Said(2, "nor this, says a phone whose clock is slow", PHOTO.id))


@pytest.mark.parametrize(
    ("others", "shown"),
    [
        ([], False),
        ([by_staff(PhotoShown(6, PHOTO.id, True))], True),
        ([by_staff(PhotoShown(6, PHOTO.id, True)), by_staff(PhotoShown(7, PHOTO.id, False))], False),
        ([by_team(OWLS, PhotoShown(6, PHOTO.id, True))], False),
        ([by_staff(PhotoShown(6, PHOTO.id, True)), by_team(FOXES, Said(8, "not us", PHOTO.id))], False),
        ([by_staff(PhotoShown(6, PHOTO.id, True)), SLOW_REPORT], False),
        ([REPORT, by_staff(PhotoShown(9, PHOTO.id, True))], False),
        ([REPORT, by_staff(PhotoShown(7, PHOTO.id, True, (REPORT.id,)))], True),
        ([REPORT, SLOW_REPORT, by_staff(PhotoShown(9, PHOTO.id, True, (REPORT.id,)))], False),
    ],
)
def test_a_photo_is_shown_after_approval_and_a_report_hides_it_at_once(others: list[Entry], shown: bool) -> None:
    for entries in ([PHOTO, *others], [*reversed(others), PHOTO, PHOTO]):
        (picture,) = pictures(entries)
        assert picture.shown is shown


def test_photos_that_wait_for_staff_stand_before_those_that_were_decided() -> None:
    later = by_team(FOXES, Photo(9, 0, b"\x02" * 32, 1000))
    decided = by_staff(PhotoShown(10, later.id, True))
    assert [picture.team for picture in pictures([later, decided, PHOTO])] == [OWLS, FOXES]
    reported = by_team(OWLS, Said(11, "please remove", later.id))
    assert [picture.team for picture in pictures([later, decided, reported, PHOTO])] == [FOXES, OWLS]

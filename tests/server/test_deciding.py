"""Decisions of staff by their commands: what each changes, how it is undone, what is refused and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from loopback import CODES, LAT, START_MS, lon_of
from served import NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.decisions import DeviceMoved, StatusSet
from client_core.game.statuses import STATUS_NUMBERS, Status
from server import own_stream
from sync.stream import team_audience

MINUTE_MS = 60_000
WHY = ("--reason", "the jury said so")


class Day:
    """Owls have A and B, Foxes A; both on one node."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, ("--data", str(folder))
        code = found_tenant(folder)
        with served_here(folder) as client:
            self.owls = Device(client, "Owls").join(code)
            self.owls.check_in("A", START_MS + 2 * MINUTE_MS)
            self.owls.check_in("B", START_MS + 10 * MINUTE_MS)
            self.owls.sync()
            self.foxes = Device(client, "Foxes").join(code)
            self.foxes.check_in("A", START_MS + 5 * MINUTE_MS)
            self.foxes.sync()

    def say(self, *command: str) -> Any:
        return json.loads(wayfold(*command, "--json", *self.data).stdout)

    def decide(self, word: str, *rest: str) -> Any:
        return self.say("decide", word, "park", *rest, *WHY)

    def lines(self) -> dict[str, tuple[Any, ...]]:
        board = self.say("standings", "park")["leaderboard"]["teams"]
        return {team["name"]: (team["place"], team["score"], team["status"]) for team in board}

    def states(self) -> list[str]:
        return [one["state"] for one in self.say("decide", "list", "park")]

    def result(self) -> str:
        found: str = self.say("standings", "park")["result"]
        return found


@pytest.fixture
def day(tmp_path: Path) -> Day:
    return Day(tmp_path)


BEFORE = {"Owls": (1, 20, "active"), "Foxes": (2, 10, "active")}


@pytest.mark.parametrize(
    ("decided", "owls", "foxes"),
    [
        (("void", "B"), (1, 10, "active"), (2, 10, "active")),
        (("void", "A", "--team", "Foxes"), (1, 20, "active"), (2, 0, "active")),
        (("grant", "Foxes", "C"), (2, 20, "active"), (1, 20, "active")),
        (("grant", "2", "C", "--at", "11:05"), (2, 20, "active"), (1, 20, "active")),
        (("take", "Owls", "B"), (1, 10, "active"), (2, 10, "active")),
        (("points", "Foxes", "15"), (2, 20, "active"), (1, 25, "active")),
        (("points", "1", "-5"), (1, 15, "active"), (2, 10, "active")),
        (("status", "Owls", "did not finish"), (None, 20, "did_not_finish"), (1, 10, "active")),
        (("merge", "Foxes", "Owls"), (1, 20, "active"), None),
    ],
)
def test_a_decision_changes_what_it_says_and_undoing_it_brings_the_result_back(
    day: Day, decided: tuple[str, ...], owls: tuple[Any, ...], foxes: tuple[Any, ...] | None
) -> None:
    result = day.result()
    assert day.lines() == BEFORE
    tried = day.decide(*decided, "--dry-run")
    assert (tried["written"], tried["ids"], day.lines()) == (0, [], BEFORE)
    done = day.decide(*decided)
    after = day.lines()
    assert after.get("Owls") == owls
    assert after.get("Foxes") == foxes
    foreseen = {row["name"]: (row["place"], row["score"], row["status"]) for row in tried["moves"][0]["rows"]}
    assert foreseen == {name: line for name, line in after.items() if line != BEFORE[name]}
    assert day.states() == ["stands"]
    tried = day.decide("undo", done["ids"][0][:8], "--dry-run")
    foreseen = {row["name"]: (row["place"], row["score"], row["status"]) for row in tried["moves"][0]["rows"]}
    assert foreseen == {name: line for name, line in BEFORE.items() if line != after.get(name)}
    day.decide("undo", done["ids"][0][:8])
    assert day.lines() == BEFORE
    assert day.result() == result
    assert day.states() == ["undone"]


@pytest.mark.parametrize(
    ("decided", "says"),
    [
        (("void", "Z"), "no checkpoint 'Z': there are A, B"),
        (("void",), "say which checkpoint"),
        (("grant", "Owl", "C"), "did you mean 'Owls'?"),
        (("grant", "9", "C"), "wayfold standings lists the teams"),
        (("grant", "1.3", "C"), "team 1 has no member 3"),
        (("grant", "Owls", "C", "--at", "25:00"), "'25:00' is no time: 13:05"),
        (("points", "Owls", "many"), "a whole number such as 5 or -10"),
        (("points", "Owls", "0"), "changes nothing"),
        (("time", "Owls", "1:75"), "is no time: 1:30"),
        (("status", "Owls", "drunk"), "no status 'drunk': inactive, active"),
        (("category", "Owls", "M"), "no category 'M': the game has none"),
        (("accept", "q1", "Rome"), "no challenge 'q1': the game has none"),
        (("merge", "Owls", "1"), "is that team already"),
        (("split", "Owls"), "is merged into no team"),
        (("move-device", "ffff", "Owls"), "0 keys begin with 'ffff'"),
        (("end", "11:00", "--team", "Owls", "--category", "M"), "not both"),
        (("resume",), "no pause stands here"),
        (("neutralise", "12:00", "11:00"), "ends before it begins"),
        (("lots", "Owls"), "two or more"),
        (("lots", "Owls", "1"), "two or more different teams"),
        (("open", "north"), "no group 'north'"),
        (("undo", "abcdef12"), "no decision here with an id that begins"),
    ],
)
def test_a_wrong_name_is_told_with_what_there_is_instead(day: Day, decided: tuple[str, ...], says: str) -> None:
    command = ("decide", decided[0], "park", *decided[1:], *WHY, *day.data)
    assert says in wayfold(*command, code=3).stderr
    assert day.say("decide", "list", "park") == []


def test_a_decision_without_a_reason_is_none(day: Day) -> None:
    assert "--reason" in wayfold("decide", "void", "park", "A", *day.data, code=2).stderr
    assert "give a reason" in wayfold("decide", "void", "park", "A", "--reason", " ", *day.data, code=3).stderr
    long = wayfold("decide", "void", "park", "A", "--reason", "x" * 401, *day.data, code=3).stderr
    assert "at most 400 bytes" in long


def test_time_is_credited_and_added(day: Day) -> None:
    day.owls.check_in("FIN", START_MS + 46 * MINUTE_MS)
    with served_here(day.folder) as client:
        day.owls.client = client
        day.owls.sync()
    assert day.lines()["Owls"] == (1, 20, "ok")
    day.decide("time", "Owls", "1:00")
    assert day.lines()["Owls"] == (1, 30, "ok")
    day.decide("time", "Owls", "-0:00.5")
    assert day.lines()["Owls"] == (1, 20, "ok")
    shown = wayfold("decide", "list", "park", *day.data).stdout
    assert "time 1:00 for 1 Owls" in shown
    assert "time -0:00.5 for 1 Owls" in shown


def test_the_end_the_start_and_a_stop_are_states_of_which_the_latest_known_one_holds(day: Day) -> None:
    for word, first, second, says in (
        ("end", "2022-06-04T11:00", "2022-06-04T11:30", "end at "),
        ("start", "2022-06-04T11:00", "2022-06-04T11:30", "start at "),
        ("stop", "2022-06-04T11:00", "2022-06-04T11:30", "stop at "),
    ):
        day.decide(word, first)
        day.decide(word, second)
        told = [one for one in day.say("decide", "list", "park") if one["decision"].startswith(says)]
        assert [(one["state"], one["disputed"]) for one in told] == [("overruled", False), ("stands", False)]
        assert told[0]["because"] == [told[1]["id"]]


def test_two_who_did_not_know_of_each_other_are_a_dispute(day: Day) -> None:
    with opened(day.folder) as game:
        team = next(team.id for team in game.board.teams.values() if team.name == "Owls")
        for at_ms, status in ((NOW_MS, Status.DISQUALIFIED), (NOW_MS + 1, Status.OK)):
            ruling = StatusSet(at_ms, "as I saw it", team, STATUS_NUMBERS[status])
            game.log.append(own_stream.write(game.log.index, game.key, team_audience(team), [ruling]))
    assert day.lines()["Owls"][2] == "ok"
    (disputed,) = day.say("decide", "list", "park", "--disputed")
    assert (disputed["decision"], disputed["state"]) == ("status disqualified for 1 Owls", "overruled")
    assert "DISPUTED, overruled by" in wayfold("decide", "list", "park", *day.data).stdout
    day.decide("status", "Owls", "derived")
    assert day.lines() == BEFORE
    assert day.say("decide", "list", "park", "--disputed") == []


def test_a_merge_is_taken_back_by_splitting(day: Day) -> None:
    day.decide("merge", "Foxes", "Owls")
    assert set(day.lines()) == {"Owls"}
    day.decide("split", "Foxes")
    assert day.lines() == BEFORE


def test_a_pause_lasts_until_it_is_resumed(day: Day) -> None:
    day.decide("pause", "--at", "11:10")
    day.decide("resume", "--at", "11:20")
    assert "no pause stands" in wayfold("decide", "resume", "park", *WHY, *day.data, code=3).stderr
    paused, resumed = day.say("decide", "list", "park")
    assert (paused["state"], resumed["state"]) == ("overruled", "stands")
    assert resumed["decision"].startswith("neutralise ")


def test_a_device_that_changed_teams_counts_for_the_other_one_from_a_time_on(day: Day) -> None:
    key = next(line["key"] for line in day.say("device", "list", "park") if line["team"] == "Owls")
    at = iso(START_MS + 6 * MINUTE_MS)
    done = day.decide("move-device", key[:8], "Foxes", "--at", at)
    assert "from number 1 on to 2 Foxes" in done["says"][0]
    assert day.lines() == {"Foxes": (1, 20, "active"), "Owls": (2, 10, "active")}
    day.decide("undo", done["ids"][0])
    assert day.lines() == BEFORE
    day.decide("move-device", key[:8], "Foxes", "--from", "0")
    assert day.lines()["Foxes"][1] == 20
    with opened(day.folder) as game:
        moved = [e.action for e in game.board.register.decisions if isinstance(e.action, DeviceMoved)]
    assert [one.from_seq for one in moved] == [1, 0]


def test_lots_drawn_settle_the_order_only_once(day: Day) -> None:
    done = day.decide("lots", "Foxes", "Owls", "--draw")
    assert "Owls" in done["says"][0]
    assert "Foxes" in done["says"][0]
    assert day.states() == ["stands"]
    again = day.decide("lots", "Owls", "Foxes")
    assert again["says"] == ["lots: 1 Owls, 2 Foxes"]
    assert day.states() == ["overruled", "stands"]


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def table(folder: Path, text: str) -> str:
    file = folder / "jury.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_table_is_tried_before_it_is_written_and_never_written_twice(day: Day, tmp_path: Path) -> None:
    file = table(
        tmp_path, "decision,team,checkpoint,points,reason\ngrant,Foxes,C,,seen\npoints,1,,-5,litter\nvoid,,D,,gone\n"
    )
    tried = day.say("decide", "import", "park", file)
    assert (tried["rows"], tried["decisions"], tried["written"]) == (3, 3, 0)
    assert {row["name"]: (row["place_before"], row["place"], row["why"]) for row in tried["moves"][0]["rows"]} == {
        "Foxes": (2, 1, "row 2; row 4"),
        "Owls": (1, 2, "row 3; row 4"),
    }
    assert day.lines() == BEFORE
    assert day.say("decide", "import", "park", file, "--write")["written"] == 3
    assert day.lines() == {"Foxes": (1, 20, "active"), "Owls": (2, 15, "active")}
    again = day.say("decide", "import", "park", file, "--write")
    assert (again["written"], again["known_already"]) == (0, 3)
    undone = day.say("decide", "import", "park", file, "--undo", "--write")
    assert undone["written"] == 3
    assert {row["name"]: (row["place_before"], row["place"]) for row in undone["moves"][0]["rows"]} == {
        "Foxes": (1, 2),
        "Owls": (2, 1),
    }
    assert day.lines() == BEFORE
    assert day.say("decide", "import", "park", file, "--write")["written"] == 3


def test_everything_that_is_wrong_with_a_table_is_told_at_once_with_its_rows(day: Day, tmp_path: Path) -> None:
    file = table(
        tmp_path, "decision;team;checkpoint\ngrant;Foxes;Z\ngive;Owls;A\ngrant;Nobody;A\ngrant;Owls\nvoid;;B;9\n"
    )
    said = wayfold("decide", "import", "park", file, "--write", *day.data, code=6).stderr
    for part in (
        "jury.csv, row 2: no checkpoint 'Z'",
        "jury.csv, row 3: no decision 'give': void, grant",
        "jury.csv, row 4: no team here",
        "jury.csv, row 5: grant: say checkpoint",
        "jury.csv, row 6: it has 4 cells, the head has 3",
        "5 faults",
    ):
        assert part in said
    assert day.say("decide", "list", "park") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("team,reason\nOwls,x\n", "neither a column decision"),
        ("decision,teem\nvoid,1\n", "did you mean 'team'?"),
        ("", "neither a column decision"),
        ('decision,team\n"void,1\n', "this is no CSV"),
        ("team,between\nOwls,A-B\n", "is not three codes, such as 44-63-70"),
    ],
)
def test_a_file_that_is_no_table_of_decisions_is_refused_by_name(
    day: Day, tmp_path: Path, text: str, says: str
) -> None:
    assert says in wayfold("decide", "import", "park", table(tmp_path, text), *day.data, code=6).stderr


def test_a_jurys_rows_of_three_codes_grant_the_middle_one(day: Day, tmp_path: Path) -> None:
    file = table(tmp_path, "Команда,Корректировка\nFoxes,A-B-финиш\n1,старт-C-A\n1,A-D-77\n")
    tried = day.say("decide", "import", "park", file, "--write")
    assert tried["written"] == 3
    assert tried["notes"] == ["jury.csv, row 4: no checkpoint '77'; D is granted all the same"]
    assert day.lines() == {"Owls": (1, 40, "active"), "Foxes": (2, 20, "active")}


def test_all_who_visited_both_neighbours_are_written_as_a_table_to_import(day: Day, tmp_path: Path) -> None:
    out = tmp_path / "c.csv"
    command = (
        "decide",
        "neighbours",
        "park",
        "C",
        "--between",
        "A",
        "B",
        "--out",
        str(out),
        "--reason",
        "C was stolen",
    )
    assert "1 visited A and B and not C" in wayfold(*command, *day.data).stdout
    assert out.read_text().splitlines()[1:] == ["grant,1,C,,A,C was stolen"]
    assert "is there already" in wayfold(*command, *day.data, code=6).stderr
    day.say("decide", "import", "park", str(out), "--write")
    assert day.lines()["Owls"] == (1, 30, "active")


def gpx(*points: tuple[float, float, int]) -> str:
    rows = "".join(f'<trkpt lon="{lon}" lat="{lat}"><time>{iso(at)}</time></trkpt>' for lon, lat, at in points)
    return f'<gpx version="1.1"><trk><trkseg>{rows}</trkseg></trk></gpx>'


def test_all_whose_track_came_near_are_found_between_two_fixes_too(day: Day, tmp_path: Path) -> None:
    tracks, out = tmp_path / "tracks", tmp_path / "near.csv"
    tracks.mkdir()
    c, side = lon_of(CODES.index("C")), 0.004
    at = START_MS + 20 * MINUTE_MS
    (tracks / "Foxes.gpx").write_text(gpx((c - side, LAT, at), (c + side, LAT, at + 40_000)))
    (tracks / "1.gpx").write_text(gpx((c, LAT + 0.01, at), (c, LAT + 0.02, at + 40_000)))
    command = (
        "decide",
        "near",
        "park",
        "C",
        str(tracks),
        "--within",
        "20",
        "--out",
        str(out),
        "--reason",
        "C had no code",
    )
    said = day.say(*command)
    assert [one["bib"] for one in said["found"]] == ["2"]
    assert said["found"][0]["at"] == iso(at + 20_000)
    day.say("decide", "import", "park", str(out), "--write")
    assert day.lines()["Foxes"][1] == 20


def test_tracks_that_are_none_or_of_nobody_are_told_together(day: Day, tmp_path: Path) -> None:
    tracks, out = tmp_path / "tracks", tmp_path / "near.csv"
    command = ("decide", "near", "park", "C", str(tracks), "--out", str(out), "--reason", "C had no code")
    assert "it is no folder" in wayfold(*command, *day.data, code=6).stderr
    tracks.mkdir()
    assert "has no GPX files" in wayfold(*command, *day.data, code=6).stderr
    (tracks / "Bears.gpx").write_text(gpx((0, 0, START_MS)))
    (tracks / "Owls.gpx").write_text("<gpx><trk>")
    (tracks / "Foxes.gpx").write_text('<!DOCTYPE x [<!ENTITY a "b">]><gpx/>')
    (tracks / "1.gpx").write_text(gpx((200, 0, START_MS)))
    said = wayfold(*command, *day.data, code=6).stderr
    for part in (
        "no team here has the id, number or name 'Bears'",
        "no XML",
        "document type",
        "not on Earth",
        "4 faults",
    ):
        assert part in said
    assert not out.exists()

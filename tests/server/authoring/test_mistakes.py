"""What organisers get wrong, and what they are told: every fault at once, at its file and line, with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from served import wayfold

from client_core.game.content import Package
from client_core.game.publish import publish
from client_core.game.timing import Beyond, Doubt
from server.authoring.building import read_game
from server.authoring.reading import Report

GAME = """name = "Park"
preset = "score"
start = 2026-06-06T10:00:00
duration = "2 h"
"""
TABLE = "code,name,lon,lat\n31,Oak,11.2558,43.7731\n32,Bridge,11.2531,43.7680\n33,Mill,11.2500,43.7700\n"


def read(
    path: Path, game: str | bytes = GAME, table: str | bytes = TABLE, asked: str = ""
) -> tuple[Package | None, Report]:
    (path / "game.toml").write_bytes(game if isinstance(game, bytes) else game.encode())
    (path / "checkpoints.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    if asked:
        (path / "challenges.csv").write_text(asked)
    draft, _, report = read_game(path, 0)
    return (None if draft is None else publish(draft)), report


def faults(report: Report) -> list[str]:
    return [f"{one.where}: {one.detail}" for one in report.errors]


@pytest.mark.parametrize(
    ("line", "where", "says"),
    [
        ("start = 10:30", 3, "a time has a date"),
        ("start = 2026-06-06", 3, "a date and time, such as 2026-06-06T10:00:00 is needed"),
        ("start = 2026-02-30T10:00:00", 3, "no TOML"),
        ("duration = 120", 3, "a text in quotes is needed"),
        ("duration = 2 h", 3, "what has a unit stands in quotes"),
        ("duration = 4:30", 3, "a duration is a text"),
        ('duration = "4:30"', 3, 'a duration, such as "90 min"'),
        ("late_points = 2,5", 3, "decimals have a point"),
        ("late_points = -5", 3, "at least 0 is needed"),
        ("late_points = 2.5", 3, "a whole number is needed"),
        ("late_points = 99999999999999999999999", 3, "late_points"),
        ("floor_at_zero = yes", 3, "no TOML"),
        ('floor_at_zero = "yes"', 3, "true or false is needed"),
        ("name2 = Park", 3, "texts stand in quotes"),
        ("preset = ['score']", 3, "a text in quotes is needed"),
        ('presett = "score"', 3, "did you mean 'preset'?"),
        ('rank_by = "time "', 3, "one of 'points', 'time' is needed"),
        ('ways = "qr"', 3, "one of 'position'"),
        ("ways = []", 3, "at least 1 of them"),
        ('fence = "25 ft"', 3, "a fence"),
        ('points = "code / 10"', 3, "no rule"),
        ('points = "code"\nfinish = "F1"', 4, "no checkpoint"),
        ('standings = "frozen"', 3, "frozen_from"),
        ('emergency_number = ""', 3, "at least 1 of them"),
        ('start_by = "check-in"', 3, "needs start_at"),
        ('start_by = "check-in"\nstart_at = "13"', 4, "did you mean '33'?"),
        ('checkpoints = "../../etc/passwd"', 3, "outside the game's folder"),
        ('checkpoints = "/etc/passwd"', 3, "outside the game's folder"),
        ('checkpoints = "checkpoint.csv"', 3, "did you mean checkpoints.csv?"),
        ('checkpoints = "."', 3, "no file that can be read"),
        ('checkpoints = "a\\u0000b"', 3, "no name of a file"),
        ('challenges = "questions.csv"', 3, "there is no file questions.csv"),
        ("closes = 2026-06-05T10:00:00", 3, "closes before it opens"),
        ("closes = 2030-06-05T10:00:00", 3, "366 days"),
        ("kind = 3", 3, "write [kind.NAME]"),
        ("briefing = 'Stay safe'", 3, "write [[briefing]]"),
        ("[format.long]\nduraton = '8 h'", 4, "did you mean 'duration'?"),
        ("[format.long]\ncheckpoints = ['31', '39', '40']", 4, "'39'"),
        ("[category.men]\nformat = 'lnog'\n[format.long]", 4, "did you mean 'long'?"),
        ("[category.men]\nage_min = 50\nage_max = 40", 4, "nobody meets it"),
        ("[kind.late]\nhours = ['2026-06-06T12:00 to 2026-06-06T10:00']", 4, "ends before it begins"),
        ("[kind.late]\nhours = ['12:00-14:00']", 4, "are no hours"),
        ("[kind.late]\nby_time = ['after 30 min: ²']", 4, "not understood"),
        ("[kind.late]\nby_time = ['after 30 min: 5', 'after 30 min: 6']", 4, "at the same time"),
        ("[group.a]\ncheckpoints = ['31']\ncount = 2", 3, "count = 2, but it has 1"),
        ("[group.a]\ncheckpoints = ['31']\ngroups = ['a']", 3, "it holds itself"),
        ("[group.a]\nname = 'empty'", 3, "neither checkpoints nor groups"),
        ("[group.a]\ncheckpoints = ['31']\n[group.b]\ncheckpoints = ['31']", 6, "31 stands in a too"),
        ("[group.a]\ncheckpoints = ['31']\ncategories = ['kids']", 5, "there is no [category.kids]"),
        ("[group.a]\ncheckpoints = ['31']\nopens = ['earned ٣ points']", 5, "is not understood"),
        ("[group.a]\ncheckpoints = ['31', '32']\norder = 'given'\norders = ['1: 32']", 6, "each of the 2"),
        ("[[briefing]]\nversion = '1'\ntext = 'a'\n[[briefing]]\nversion = '1'\ntext = 'b'", 7, "version '1'"),
    ],
)
def test_a_slip_in_game_toml_is_told_at_its_line(tmp_path: Path, line: str, where: int, says: str) -> None:
    key = line.split(" ", maxsplit=1)[0]
    kept = [one for one in GAME.splitlines()[1:] if not one.startswith(f"{key} ")]
    lines = [GAME.splitlines()[0], "# a remark", line] if key[0] != "[" else []
    game = "\n".join([*lines, *kept]) if lines else f"{GAME.splitlines()[0]}\n{_limits()}\n{line}\n"
    game = game if lines else game.replace("\n\n", "\n")
    made, report = read(tmp_path, game)
    assert made is None
    assert any(one.startswith(f"game.toml:{where}: ") and says in one for one in faults(report)), faults(report)


def _limits() -> str:
    return "start = 2026-06-06T10:00:00"


@pytest.mark.parametrize(
    ("table", "line", "says"),
    [
        ("", 1, "it is empty"),
        ("code,lon,lat\n", 1, "it has no rows"),
        ("name,lon,lat\nOak,11.2,43.7\n", 1, "the column 'code' is missing"),
        ("code,longitude,lat\n31,11.2,43.7\n", 1, "did you mean 'lon'?"),
        ("code,lon,lat,lat\n31,11.2,43.7,43.8\n", 1, "there twice"),
        ("code,lon,lat,code:it\n31,11.2,43.7,x\n", 1, "no translation"),
        ("code,lon,lat\n31,11,2558,43.7\n", 2, "put cells with commas in quotes"),
        ("code,lon,lat\n31,11.2558,\n", 2, "both or neither"),
        ("code,lon,lat\n31,11°15',43.7\n", 2, "43 + 46.5 / 60"),
        ("code,lon,lat\n31,681234,4847000\n", 2, "metres of a grid"),
        ("code,lon,lat\n31,nan,43.7\n", 2, "degrees with decimals"),
        ("code,lon,lat\n31,1_1.2,43.7\n", 2, "degrees with decimals"),
        ("code,lon,lat\n31,11.2,143.7\n", 2, "latitude"),
        ("code,lon,lat,points\n31,11.2,43.7,²\n", 2, "a whole number is needed"),
        ("code,lon,lat,points\n31,11.2,43.7,10.5\n", 2, "a whole number is needed"),
        ("code,lon,lat,points\n31,11.2,43.7,9999999\n", 2, "a checkpoint is worth"),
        ("code,lon,lat,radius\n31,11.2,43.7,20 feet\n", 2, "a fence"),
        ("code,lon,lat,radius\n31,11.2,43.7,0\n", 2, "radius"),
        ("code,lon,lat\n31,11.2,43.7\n\n31,11.3,43.7\n", 4, "taken by checkpoints.csv:2"),
        ("code,lon,lat\n,11.2,43.7\n", 2, "its code is empty"),
        (f"code,lon,lat\n{'x' * 40},11.2,43.7\n", 2, "takes 40 bytes"),
        ("code,lon,lat,kind\n31,11.2,43.7,water\n", 2, "no [kind.water]"),
        ('code,lon,lat\n31,11.2,43.7\n"32,11.2,43.7\n33,11.2,43.7\n' + "x" * 200_000, 3, "quotation mark"),
        ("code,lon,lat\n31,11.2558,43.77\n32,11.25,43.76\n33,43.77,11.26\n34,11.2,43.7\n", 4, "probably swapped"),
    ],
)
def test_a_slip_in_a_table_is_told_at_its_line(tmp_path: Path, table: str, line: int, says: str) -> None:
    made, report = read(tmp_path, table=table)
    assert made is None
    assert any(one.startswith(f"checkpoints.csv:{line}") and says in one for one in faults(report)), faults(report)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("R1,31,Who?,number,3|4,,,", "a number has one"),
        ("R1,31,Who?,choice,a,,,", "at least two choices"),
        ("R1,31,Who?,choice,red,red|red,,", "all different"),
        ("R1,31,Who?,order,a|b,a|b|c,,", "not each of its choices once"),
        ("R1,31,Who?,chioce,a,a|b,,", "did you mean 'choice'?"),
        ("R1,31,Who?,photo,,,,open", "people or automatic"),
        ("R1,31,Who?,text,Dante,,,sealed", "needs a secret"),
        ("R1,,Who?,text,Dante,,,sealed", "needs a checkpoint"),
        (",,Who?,text,Dante,,,", "its code is empty"),
        ("R1,3l,Who?,text,Dante,,,", "did you mean '3"),
        ("R1,31,Who?,text,?!,,,", "letters or digits"),
        ("R1,31,Who?,text,,,,", "it has no answer"),
        ("R1,31,Who?,text,Dante,,-5,", "0 to 1000000"),
        ("R1,31,Who?,text,Dante,,²,", "whole number"),
        (f"R1,31,{'x' * 5000},text,Dante,,,", "more than 4000 bytes"),
    ],
)
def test_a_slip_in_a_challenge_is_told_at_its_line(tmp_path: Path, row: str, says: str) -> None:
    head = "code,checkpoint,text,form,answer,choices,points,judged\n"
    made, report = read(tmp_path, asked=f"{head}R0,32,Fine?,text,yes,,,\n{row}\n")
    assert made is None
    assert [one.startswith("challenges.csv:3") and says in one for one in faults(report)] == [True], faults(report)


def test_two_challenges_of_one_checkpoint_need_codes_of_their_own(tmp_path: Path) -> None:
    _, report = read(tmp_path, asked="checkpoint,text,answer\n31,Who?,a\n31,What?,b\n")
    assert "challenges.csv:3: challenge 'R31' stands in challenges.csv:2 too" in faults(report)[0]


def test_faults_of_all_files_are_told_in_one_go_and_none_makes_another(tmp_path: Path) -> None:
    game = f'{GAME}finish = "33"\nwhat = 1\n[group.a]\ncheckpoints = ["31"]\nopens = ["answered R32"]\n'
    table = TABLE.replace("11.2558", "11,2.558").replace("32,Bridge", "32,Bridge".replace("32", "31"))
    _, report = read(tmp_path, game.replace("what = 1\n", ""), table, "checkpoint,text,form\n33,Hm?,poem\n")
    told = faults(report)
    assert [one.split(":")[0] + one.split(":")[1].split(" ")[0] for one in told] == [
        "game.toml8",
        "challenges.csv2",
        "checkpoints.csv2",
        "checkpoints.csv3",
    ], told


@pytest.mark.parametrize(
    "data",
    [
        TABLE.replace("Oak", "Fällbaum").encode("utf-8-sig"),
        TABLE.replace("Oak", "Fällbaum").encode("utf-16"),
        TABLE.replace("Oak", "Fällbaum").encode("cp1252"),
        TABLE.replace("Oak", "Fällbaum").replace(",", ";").replace(".", ",").encode("cp1252"),
        TABLE.replace("Oak", "Fällbaum").replace(",", "\t").encode(),
        ("sep=;\r\n" + TABLE.replace("Oak", "Fällbaum").replace(",", ";").replace("\n", ";;\r\n")).encode(),
        ("\n\n" + TABLE.replace("Oak", '"Fa\u0308llbaum"') + ",,,\n").encode(),
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(tmp_path: Path, data: bytes) -> None:
    made, report = read(tmp_path, table=data)
    assert made is not None, faults(report)
    assert made.checkpoints[0].name == "Fällbaum"
    assert made.checkpoints[0].fence is not None
    assert made.checkpoints[0].fence.metric.lon_e7 == 112_558_000
    guessed = [one.detail for one in report.warnings if one.code == "encoding_guessed"]
    assert len(guessed) == (
        0 if data[:1] in {b"\xff", b"\xef"} or "Fällbaum".encode() in data or b"\xcc" in data else 1
    )


def test_a_cell_of_several_lines_does_not_move_the_lines_of_those_below(tmp_path: Path) -> None:
    table = 'code,text,lon,lat\n31,"one\ntwo\nthree",11.2,43.7\n32,,11.2,far\n'
    _, report = read(tmp_path, table=table)
    assert faults(report)[0].startswith("checkpoints.csv:5: checkpoint '32'")


def test_a_game_toml_that_is_no_utf8_or_nests_without_end_is_refused_with_its_line(tmp_path: Path) -> None:
    _, report = read(tmp_path, GAME.replace("Park", "Pärk").encode("latin-1"))
    assert faults(report) == ["game.toml:1: this is no UTF-8 text: save it as UTF-8 (in the editor's menu: encoding)"]
    _, report = read(tmp_path, f"a = {'[' * 100_000}")
    assert report.errors[0].code == "toml_malformed"
    _, report = read(tmp_path, b"#" * 2**21)
    assert "MiB" in faults(report)[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="links and pipes are those of Unix")
def test_links_and_pipes_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(TABLE)
    folder = tmp_path / "game"
    folder.mkdir()
    (folder / "game.toml").write_text(GAME)
    table = folder / "checkpoints.csv"
    table.symlink_to(outside)
    assert "outside the game's folder" in faults(read_game(folder, 0)[2])[0]
    table.unlink()
    table.symlink_to(table)
    assert "checkpoints.csv" in faults(read_game(folder, 0)[2])[0]
    table.unlink()
    os.mkfifo(table)
    assert "no file that can be read" in faults(read_game(folder, 0)[2])[0]
    table.unlink()
    with table.open("wb") as huge:
        huge.truncate(10 * 2**30)
    assert "at most 16 MiB are read" in faults(read_game(folder, 0)[2])[0]


def test_what_a_format_leaves_out_is_as_in_the_game(tmp_path: Path) -> None:
    late = 'late_in_doubt = "proven"\nlate_then = "disqualified"\n'
    game = f'{GAME}{late}late_max = "10 min"\nlate_points = 3\n[format.long]\nduration = "24 h"\n'
    made, report = read(tmp_path, game)
    assert made is not None, faults(report)
    limit = made.formats[0].limit
    assert limit is not None
    assert (limit.late_points, limit.late_ms_max, limit.beyond) == (3, 600_000, Beyond.DISQUALIFIED)
    assert limit.doubt is Doubt.PROVEN
    assert limit.limit_ms == 24 * 3_600_000
    assert made.closes_at_ms - made.opens_at_ms >= 25 * 3_600_000


def test_translations_of_choices_and_hints_are_told_value_by_value(tmp_path: Path) -> None:
    asked = "checkpoint,text,form,answer,choices,choices:it,hints,hints:it\n"
    asked += "31,Which?,choice,a shield,a shield|a book,uno scudo|un libro,Look up (5)|Ask,Guarda in su (5)|Chiedi\n"
    made, report = read(tmp_path, asked=asked)
    assert made is not None, faults(report)
    words = dict(made.catalogs[0].entries)
    assert words["a book"] == "un libro"
    assert words["Look up"] == "Guarda in su"
    assert words["Ask"] == "Chiedi"


def test_one_that_lies_far_out_and_a_game_that_is_over_are_to_be_thought_over(tmp_path: Path) -> None:
    (tmp_path / "game.toml").write_text(GAME)
    (tmp_path / "checkpoints.csv").write_text(f"{TABLE}34,Tower,12.2500,43.7700\n")
    draft, _, report = read_game(tmp_path, 2_000_000_000_000)
    assert draft is not None
    assert {one.code for one in report.warnings} == {"checkpoint_far", "game_over"}
    assert "34 lies 80 km" in report.warnings[1].detail


def test_check_prints_every_fault_and_as_json_too(tmp_path: Path) -> None:
    rows = "".join(f"{number},x,{number}\n" for number in range(100, 160))
    read(tmp_path, table=f"code,lon,lat\n{rows}")
    said = wayfold("game", "check", str(tmp_path), code=6)
    assert said.stderr.count("checkpoints.csv:") >= 60
    assert "faults: mend them first" in said.stderr
    said = wayfold("game", "check", str(tmp_path), "--json", code=6)
    assert '"errors"' in said.stdout

"""A folder with game.toml and tables becomes a game, or says everything that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from client_core.game.answers import Outcome, judge_answer, judge_key, secret_hash
from client_core.game.challenges import Hashed, Interval, Later, Sealed
from client_core.game.checkpoints import Capture, FirstFinders, Method
from client_core.game.content import decode_package, encode_package
from client_core.game.entrants import Presence
from client_core.game.groups import Answered, Fixed, Reached, Visited
from client_core.game.publish import publish
from client_core.game.timing import IntervalStart, MassStart
from server.authoring.building import read_game
from server.authoring.game_file import schema
from server.authoring.presets import PRESETS
from server.authoring.reference import reference_page
from server.authoring.starting import SAMPLES, write_sample, write_start
from server.authoring.telling import sentences

TABLE = """code,name,lon,lat,points,kind,secret,name:it
31,Oak,11.2558,43.7731,,,OAKTREE9,Quercia
32,Bridge,11.2531,43.7680,30,,,Ponte
33,Cellar,,,40,hidden,,Cantina
F1,Finish,11.2487,43.7764,,,,Arrivo
"""
ASKED = """code,checkpoint,text,form,answer,tolerance,choices,points,judged,hints
R1,31,Who?,text,Dante|Durante,,,20,sealed,Poet (5)|Exile (10)
R2,32,How high?,number,114.5,0.5,,10,open,
R3,32,Which?,choice,b,,a|b|c,10,later,
R4,,Smile!,photo,,,,15,,
"""
GAME = """preset = "city-hunt"
name = "Firenze"
time_zone = "Europe/Rome"
start = 2026-06-06T10:00:00
duration = "2 h"
finish = "F1"

[kind.hidden]
ways = ["qr"]
first_finders = [10, 5, 2]

[group.cellar]
checkpoints = ["33"]
opens = ["visited 31 and answered R1", "after 90 min"]
"""


def folder(path: Path, game: str = GAME, table: str = TABLE, asked: str = ASKED) -> Path:
    (path / "game.toml").write_text(game)
    (path / "checkpoints.csv").write_text(table)
    (path / "challenges.csv").write_text(asked)
    return path


def test_a_city_hunt_of_twenty_lines_becomes_a_package(tmp_path: Path) -> None:
    assert len(GAME.splitlines()) <= 20
    draft, _, report = read_game(folder(tmp_path), 0)
    assert draft is not None, report.errors
    package = publish(draft)
    assert decode_package(encode_package(package)) == package
    assert package.start == MassStart(1_780_732_800_000)
    assert [checkpoint.points for checkpoint in package.checkpoints] == [10, 30, 40, 0]
    assert package.checkpoints[0].secret == secret_hash("31", "OAKTREE9")
    assert package.checkpoints[2].fence is None
    assert package.kinds[1].methods == (Method.QR,)
    assert package.kinds[1].pay == FirstFinders((10, 5, 2))
    (group,) = package.groups
    assert group.opening == ((Visited(0), Answered(0)), (Reached(absolute=False, at_ms=5_400_000),))
    assert dict(package.catalogs[0].entries)["Oak"] == "Quercia"
    sealed, number, later, photo = package.challenges
    assert isinstance(sealed.key, Sealed)
    assert judge_answer(sealed, "durante", "oaktree9").outcome is Outcome.RIGHT
    assert [hint.points for hint in sealed.hints] == [5, 10]
    assert number.key == Interval(1140, 1150, 1145, 1)
    assert isinstance(later.key, Later)
    assert photo.checkpoint is None
    (kept,) = draft.kept
    assert judge_key(later.form, kept.key, "B").outcome is Outcome.RIGHT
    assert isinstance(kept.key, Hashed)
    assert kept.key.salt not in encode_package(package)


def test_a_rogaine_is_twelve_lines_and_a_table(tmp_path: Path) -> None:
    write_start(tmp_path / "r", "rogaine", 1_780_000_000_000)
    text = (tmp_path / "r" / "game.toml").read_text()
    assert len(text.splitlines()) <= 12
    draft, _, report = read_game(tmp_path / "r", 0)
    assert draft is not None, report.errors
    package = publish(draft)
    assert [checkpoint.points for checkpoint in package.checkpoints] == [30, 30, 30, 0]
    assert package.members.presence is Presence.UNION
    assert package.limit is not None
    assert package.limit.late_ms_max == 1_800_000
    assert package.kinds[0].accuracy_mm_max == 50_000
    assert not package.showing.own_position


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_starts_with_a_folder_that_can_be_published_and_told(tmp_path: Path, preset: str) -> None:
    write_start(tmp_path / "g", preset, 1_780_000_000_000)
    draft, _, report = read_game(tmp_path / "g", 0)
    assert draft is not None, report.errors
    told = sentences(publish(draft))
    assert told[-1] == "In an emergency call 112."
    with pytest.raises(FileExistsError):
        write_start(tmp_path / "g", preset, 1_780_000_000_000)


def test_everything_that_is_wrong_is_said_at_once_with_file_and_line(tmp_path: Path) -> None:
    game = GAME.replace('duration = "2 h"', 'duratoin = "2 h"\nshown = 3').replace('ways = ["qr"]', 'ways = ["nfc"]')
    _, _, report = read_game(folder(tmp_path, game), 0)
    found = [(error.code, error.where) for error in report.errors]
    assert found == [
        ("key_unknown", "game.toml:5"),
        ("key_unknown", "game.toml:6"),
        ("value_malformed", "game.toml:10"),
    ]
    assert "did you mean 'duration'?" in report.errors[0].detail
    assert "'qr'" in report.errors[2].detail


@pytest.mark.parametrize(
    ("game", "table", "asked", "code", "where", "says"),
    [
        ("name = ", TABLE, ASKED, "toml_malformed", "game.toml:1", "no TOML"),
        ("preset = 'rogain'\nname = 'x'", TABLE, "code\n", "preset_unknown", "game.toml:1", "'rogaine'"),
        (GAME.replace("Europe/Rome", "Europe/Roma"), TABLE, ASKED, "value_malformed", "game.toml:3", "time zone"),
        (GAME.replace("06-06T10", "03-29T02"), TABLE, ASKED, "time_unclear", "game.toml:4", "does not exist"),
        (GAME.replace('"2 h"', '"2 hours"'), TABLE, ASKED, "value_malformed", "game.toml:5", "duration"),
        (GAME.replace('"F1"', '"F2"'), TABLE, ASKED, "finish_unknown", "game.toml:6", "F2"),
        (
            GAME.replace("after 90 min", "before 10 min"),
            TABLE,
            ASKED,
            "opening_malformed",
            "game.toml:14",
            "taken back",
        ),
        (GAME.replace("visited 31", "visited 99"), TABLE, ASKED, "opening_malformed", "game.toml:14", "'99'"),
        (
            GAME.replace("visited 31 and answered R1", "visited 33").replace(', "after 90 min"', ""),
            *(TABLE, ASKED, "group_unreachable", "game.toml:14", "never opens"),
        ),
        (GAME, TABLE.replace("kind,", "knid,"), ASKED, "column_unknown", "checkpoints.csv:1", "'kind'"),
        (GAME, TABLE.replace(",30,", ",lots,"), ASKED, "value_malformed", "checkpoints.csv:3", "lots"),
        (GAME, TABLE.replace("11.2531", ""), ASKED, "value_malformed", "checkpoints.csv:3", "both or neither"),
        (GAME, TABLE.replace("32,B", "31,B"), ASKED.replace("32,", "31,"), "code_duplicate", "checkpoints.csv:3", "31"),
        (GAME, TABLE.replace("OAKTREE9", ""), ASKED, "value_malformed", "challenges.csv:2", "secret"),
        (GAME, TABLE, ASKED.replace("114.5", "tall"), "value_malformed", "challenges.csv:3", "no number"),
        (GAME, TABLE, ASKED.replace(",b,,a", ",d,,a"), "value_malformed", "challenges.csv:4", "'d'"),
        (GAME, TABLE, ASKED.replace("R4,,", "R4,99,"), "value_malformed", "challenges.csv:5", "'99'"),
    ],
)
def test_a_fault_is_named_where_it_stands(
    tmp_path: Path, game: str, table: str, asked: str, code: str, where: str, says: str
) -> None:
    draft, _, report = read_game(folder(tmp_path, game, table, asked), 0)
    assert draft is None
    first = report.errors[0]
    assert (first.code, first.where.split(" ")[0]) == (code, where)
    assert says in first.detail


def test_what_is_allowed_and_probably_not_meant_is_a_warning(tmp_path: Path) -> None:
    table = TABLE.replace("OAKTREE9", "OAK").replace("32,Bridge,11.2531,43.7680", "3Z,Bridge,11.2559,43.7731")
    game = f'check_in = "automatic"\n{GAME}'.replace(
        "first_finders", 'hours = ["2026-06-05T10:00 to 2026-06-05T12:00"]\nfirst_finders'
    )
    table, game = table.replace("33,", "32,"), game.replace('"33"', '"32"')
    draft, _, report = read_game(folder(tmp_path, game, table), 0)
    assert draft is not None, report.errors
    found = {warning.code for warning in report.warnings}
    assert found == {"codes_look_alike", "secret_weak", "hours_outside", "fences_overlap", "text_missing"}


def test_other_starts_and_kinds_are_read(tmp_path: Path) -> None:
    game = GAME.replace(
        'duration = "2 h"', 'start_by = "interval"\nstart_every = "2 min"\nback_by = 2026-06-06T16:00:00'
    )
    game = game.replace("first_finders = [10, 5, 2]", 'capture = 2\nblocked = "5 min"')
    game += '\n[group.line]\ncheckpoints = ["31", "32"]\norder = "fixed"\n'
    draft, _, report = read_game(folder(tmp_path, game), 0)
    assert draft is not None, report.errors
    package = publish(draft)
    assert package.start == IntervalStart(1_780_732_800_000, 120_000)
    assert package.kinds[1].pay == Capture(2, 300_000)
    assert package.limit is not None
    assert package.limit.back_by_ms == 1_780_754_400_000
    assert package.groups[1].order == Fixed()


def test_the_schema_of_the_reference_is_that_of_the_structs() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "game.schema.json"
    assert page.read_bytes() == schema(), "write it anew: wayfold game schema > docs/reference/game.schema.json"


def test_the_reference_of_game_toml_is_that_of_the_structs() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "game-toml.md"
    assert page.read_text(encoding="utf-8") == reference_page()


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_a_whole_game_that_opens_today_without_a_doubt(tmp_path: Path, sample: str) -> None:
    now_ms = 1_780_000_000_000
    written = write_sample(tmp_path / "g", sample, now_ms)
    draft, _, report = read_game(tmp_path / "g", now_ms)
    assert (report.errors, report.warnings) == ([], [])
    assert draft is not None
    assert draft.opens_at_ms <= now_ms < draft.closes_at_ms
    assert {medium.credit != "" for medium in draft.media} == {True}
    assert tmp_path / "g" / "LICENCES.md" in written
    with pytest.raises(FileExistsError):
        write_sample(tmp_path / "g", sample, now_ms)

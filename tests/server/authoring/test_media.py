"""The files of a game's folder that players see: the map, and what challenges show."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from client_core.game.content import PackageError, decode_package, encode_package
from client_core.game.media import JPEG, MAP, MP3, Medium, media_type_of
from client_core.game.pictures import blob_hash
from client_core.game.publish import DraftError, publish
from server.authoring.building import read_game
from server.authoring.media import contents
from server.problems import Problem

GAME = """preset = "city-hunt"
name = "Firenze"
start = 2026-06-06T10:00:00
duration = "2 h"
map = "town.pmtiles"

[credit]
"town.pmtiles" = "© OpenStreetMap contributors"
"""
TABLE = "code,lon,lat\n31,11.2558,43.7731\n32,11.2531,43.7680\n"
ASKED = "code,checkpoint,text,answer,media\nR1,31,Who?,Dante,tower.jpg|bell.mp3\nR2,32,Who?,Beatrice,tower.jpg\n"
EXIF = b"\xff\xe1\x00\x10Exif\x00\x00secret!!"
PICTURE = b"\xff\xd8" + b"\xff\xdb\x00\x04\x00\x01" + EXIF + b"\xff\xda\x00\x04\x01\x01picture\xff\xd9"
SOUND = b"ID3\x04" + bytes(range(200))


def pmtiles(bounds_e7: tuple[int, int, int, int] = (111_540_260, 437_270_125, 113_289_395, 438_325_455)) -> bytes:
    spans = (127, 10, 137, 10, 0, 0, 147, 53)
    head = struct.pack("<7sB8Q3Q4BBB4i", b"PMTiles", 3, *spans, 1, 1, 1, 1, 2, 2, 1, 0, 14, *bounds_e7)
    return (head + bytes(200))[:200]


def folder(path: Path, game: str = GAME, asked: str = ASKED) -> Path:
    (path / "game.toml").write_text(game)
    (path / "checkpoints.csv").write_text(TABLE)
    (path / "challenges.csv").write_text(asked)
    (path / "town.pmtiles").write_bytes(pmtiles())
    (path / "tower.jpg").write_bytes(PICTURE)
    (path / "bell.mp3").write_bytes(SOUND)
    return path


def test_a_game_names_its_map_and_what_its_challenges_show_by_hash(tmp_path: Path) -> None:
    draft, _, report = read_game(folder(tmp_path), 0)
    assert draft is not None, report.errors
    assert not report.warnings or all(one.code != "map_too_small" for one in report.warnings)
    package = decode_package(encode_package(publish(draft)))
    plan, tower, bell = package.media
    assert plan == Medium("town.pmtiles", blob_hash(pmtiles()), 200, MAP, "© OpenStreetMap contributors")
    assert (tower.media_type, bell.media_type) == (JPEG, MP3)
    assert [challenge.media for challenge in package.challenges] == [(1, 2), (1,)]
    kept = {medium.name: content for medium, content in contents(tmp_path, draft)}
    assert b"secret" not in kept["tower.jpg"], "a picture says nothing of where and by whom it was taken"
    assert kept["bell.mp3"] == SOUND
    (tmp_path / "bell.mp3").write_bytes(SOUND + b"!")
    with pytest.raises(Problem, match=r"bell\.mp3 was changed"):
        list(contents(tmp_path, draft))


@pytest.mark.parametrize(
    ("name", "content", "where", "says"),
    [
        ("town.pmtiles", None, "game.toml:5", "cannot be read"),
        ("town.pmtiles", b"", "game.toml:5", "has 0 bytes"),
        ("town.pmtiles", PICTURE, "game.toml:5", "a PMTiles file has at least|no PMTiles file"),
        ("town.pmtiles", pmtiles()[:150], "game.toml:5", "cut short"),
        ("town.pmtiles", b"PMTiles\x02" + pmtiles()[8:], "game.toml:5", "of no kind"),
        ("tower.jpg", None, "challenges.csv:2", "cannot be read"),
        ("tower.jpg", PICTURE[:20], "challenges.csv:2", "ends before its picture begins"),
        ("tower.jpg", b"<svg/>", "challenges.csv:2", "of no kind"),
        ("tower.jpg", pmtiles(), "challenges.csv:2", "is a map"),
    ],
)
def test_a_file_that_cannot_be_shown_is_named_with_the_place_that_asks_for_it(
    tmp_path: Path, name: str, content: bytes | None, where: str, says: str
) -> None:
    folder(tmp_path)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    draft, _, report = read_game(tmp_path, 0)
    assert draft is None
    (fault,) = report.errors
    assert (fault.code, fault.where) == ("medium_unfit", where)
    assert name in fault.detail
    assert any(part in fault.detail for part in says.split("|")), fault.detail


@pytest.mark.parametrize("name", ["../out.jpg", "/etc/hostname", "link.jpg"])
def test_nothing_outside_of_the_folder_is_published(tmp_path: Path, name: str) -> None:
    (tmp_path / "out.jpg").write_bytes(PICTURE)
    inside = tmp_path / "game"
    inside.mkdir()
    (inside / "link.jpg").symlink_to(tmp_path / "out.jpg")
    draft, _, report = read_game(folder(inside, asked=ASKED.replace("bell.mp3", name)), 0)
    assert draft is None
    assert [(one.code, "outside" in one.detail) for one in report.errors] == [("medium_unfit", True)]


def test_a_map_that_leaves_checkpoints_out_and_a_credit_for_nothing_are_told(tmp_path: Path) -> None:
    folder(tmp_path, GAME + '"bridge.jpg" = "me"\n')
    (tmp_path / "town.pmtiles").write_bytes(pmtiles((111_540_260, 437_700_000, 113_289_395, 438_325_455)))
    _, _, report = read_game(tmp_path, 0)
    assert [(one.code, one.where) for one in report.errors] == [("credit_unknown", "game.toml:9")]
    assert ("map_too_small", "game.toml:5") in [(one.code, one.where) for one in report.warnings]
    assert any("outside of the map: 32" in one.detail for one in report.warnings)


def test_a_package_whose_media_do_not_fit_is_refused(tmp_path: Path) -> None:
    draft, _, _ = read_game(folder(tmp_path), 0)
    assert draft is not None
    plan, tower, bell = draft.media
    for media, says in (((plan, tower), "it shows medium 2"), ((plan, plan, bell), "two media"), ((), "it shows")):
        with pytest.raises((DraftError, PackageError), match=says):
            publish(type(draft)(**{**{f: getattr(draft, f) for f in draft.__struct_fields__}, "media": media}))


@pytest.mark.skipif("WAYFOLD_DATA" not in os.environ, reason="WAYFOLD_DATA names no folder of shared data")
def test_published_maps_are_taken(tmp_path: Path) -> None:
    real = Path(os.environ["WAYFOLD_DATA"]) / "maps" / "firenze" / "firenze.pmtiles"
    folder(tmp_path)
    (tmp_path / "town.pmtiles").write_bytes(real.read_bytes())
    draft, _, report = read_game(tmp_path, 0)
    assert draft is not None, report.errors
    assert draft.media[0].size == real.stat().st_size
    assert not [one for one in report.warnings if one.code == "map_too_small"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"<html>", ""),
        (b"", ""),
    ],
)
def test_a_medium_is_what_its_first_bytes_say(content: bytes, kind: str) -> None:
    assert media_type_of(content) == kind

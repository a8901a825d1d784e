"""Photos arrive piece by piece, only those that an enrolled device announced, and only staff see them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import START_MS
from nodes import key_of
from served import Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Photo, encode_action
from client_core.game.pictures import NO_PICTURE, PICTURE_BYTES_MAX, BlobState, blob_hash
from client_core.game.roles import Role
from server.blobs import BlobFolder
from server.desk import Desk
from server.problems import Problem
from server.staff import add_staff_code

PICTURE = b"\xff\xd8\xff\xe0" + os.urandom(100_000)
NAME = blob_hash(PICTURE)
ADDRESS = f"/blob/v1/acme/park/{NAME.hex()}"


def files_with(folder: Path, part: bytes) -> list[Path]:
    """The files below a folder that hold these bytes anywhere."""
    return [path for path in folder.rglob("*") if path.is_file() and part in path.read_bytes()]


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Any]:
    """A node that holds the event of one photo, and a code for staff."""
    code = found_tenant(tmp_path)
    with opened(tmp_path) as game:
        staff = add_staff_code(game.log, game.key, Role.SAFETY, "Desk", START_MS)
    with served_here(tmp_path) as client:
        device = Device(client, "Owls").join(code)
        device.write(encode_action(Photo(START_MS, 0, NAME, len(PICTURE))))
        device.sync()
        client.staff, client.folder = staff, tmp_path
        yield client


def send(client: Any, offset: int, piece: bytes, address: str = ADDRESS) -> Any:
    return client.post(f"{address}?offset={offset}", content=piece)


def test_a_photo_arrives_in_pieces_from_where_it_stands(venue: Any) -> None:
    assert send(venue, 0, b"").json() == {"held": 0, "whole": False}
    assert send(venue, 0, PICTURE[:40_000]).json() == {"held": 40_000, "whole": False}
    assert send(venue, 0, PICTURE[:40_000]).json() == {"held": 40_000, "whole": False}
    assert send(venue, 60_000, PICTURE[60_000:]).json() == {"held": 40_000, "whole": False}
    assert send(venue, 30_000, PICTURE[30_000:]).json() == {"held": len(PICTURE), "whole": True}
    assert send(venue, 0, b"x").json() == {"held": len(PICTURE), "whole": True}


def test_staff_see_it_and_nobody_else(venue: Any) -> None:
    shown = f"/acme/park/staff/photo/{NAME.hex()}"
    assert venue.get(shown).json()["code"] == "staff_only"
    venue.post("/acme/park/staff/enter", data={"code": venue.staff})
    assert venue.get(shown).json()["code"] == "not_found"
    send(venue, 0, PICTURE)
    answer = venue.get(shown)
    assert answer.content == PICTURE
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_what_nobody_announced_is_not_taken(venue: Any) -> None:
    other = f"/blob/v1/acme/park/{bytes(32).hex()}"
    assert send(venue, 0, b"x", other).json()["code"] == "blob_unexpected"
    assert send(venue, 0, b"x", "/blob/v1/acme/park/abc").json()["code"] == "bad_request"
    assert send(venue, 0, PICTURE + b"more").json()["code"] == "bad_request"
    assert venue.post(f"{ADDRESS}?offset=-1").json()["code"] == "bad_request"
    assert not (venue.folder / "tenants" / "acme.blobs").exists()


def test_of_an_erased_photo_no_file_keeps_the_hash_and_its_bytes_are_not_taken_again(venue: Any) -> None:
    send(venue, 0, PICTURE)
    (before,) = venue.get("/api/v1/acme/games/park/standings").json()["teams"]
    assert files_with(venue.folder, NAME)
    wayfold("erase", "park", "--device", key_of("Owls").public_key.hex(), "--yes", "--data", str(venue.folder))
    (after,) = venue.get("/api/v1/acme/games/park/standings").json()["teams"]
    assert after == before
    assert files_with(venue.folder, NAME) == []
    assert files_with(venue.folder, PICTURE[:64]) == []
    for erased in (ADDRESS, f"/blob/v1/acme/park/{NO_PICTURE.hex()}"):
        assert send(venue, 0, PICTURE, erased).json()["code"] == "blob_unexpected"
    with opened(venue.folder) as game:
        desk = Desk(game)
        assert (desk.blobs(), desk.view(START_MS).pictures) == ([], ())
    assert json.loads(wayfold("day", "photos", "park", "--json", "--data", str(venue.folder)).stdout) == []


def test_wrong_bytes_never_become_the_photo_and_the_right_ones_still_do(venue: Any) -> None:
    assert send(venue, 0, b"x" * len(PICTURE)).json() == {"held": 0, "whole": False}
    assert send(venue, 0, PICTURE).json()["whole"] is True


def test_a_stranger_who_announces_a_photo_can_send_none(tmp_path: Path) -> None:
    found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        code = found_code(tmp_path)
        member = Device(client, "Owls").join(code)
        stranger = Device(client, "Nobody")
        stranger.answer, stranger.game, stranger.audience = member.answer, member.game, member.audience
        stranger.scope, stranger.path = member.scope, member.path
        stranger.stream = member.stream.__class__(stranger.key.public_key, b"i" * 16, member.audience)
        stranger.log = member.log.__class__(member.game, b"d" * 16, b"e" * 16, member.answer.root_key)
        stranger.write(encode_action(Photo(START_MS, 0, NAME, len(PICTURE))))
        stranger.sync()
        assert send(client, 0, PICTURE).json()["code"] == "blob_unexpected"


def found_code(folder: Path) -> str:
    from server.join_codes import add_join_code

    with opened(folder) as game:
        return add_join_code(game.log, game.key, None, 10, START_MS).code


def test_a_photo_that_rotted_at_rest_is_taken_anew(tmp_path: Path) -> None:
    folder = BlobFolder(tmp_path, "acme")
    assert folder.take(NAME, len(PICTURE), 0, PICTURE) == BlobState(len(PICTURE), True)
    path = folder.folder / NAME.hex()[:2] / NAME.hex()
    path.write_bytes(PICTURE[:-1] + b"!")
    assert folder.read(NAME) is None
    assert folder.state(NAME) == BlobState(0, False)
    folder.take(NAME, len(PICTURE), 0, PICTURE)
    assert folder.read(NAME) == PICTURE
    folder.erase(NAME)
    assert (folder.read(NAME), folder.bytes_held()) == (None, 0)


def test_a_node_keeps_no_more_than_it_may(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, blob_bytes_max=10) as client:
        device = Device(client, "Owls").join(code)
        device.write(encode_action(Photo(START_MS, 0, NAME, len(PICTURE))))
        device.sync()
        assert send(client, 0, PICTURE).json()["code"] == "busy"


def test_an_announced_size_beyond_the_limit_is_not_expected(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "Owls").join(code)
        device.write(encode_action(Photo(START_MS, 0, NAME, PICTURE_BYTES_MAX + 1)))
        device.sync()
        assert send(client, 0, PICTURE).json()["code"] == "blob_unexpected"


def test_a_folder_that_cannot_be_written_is_a_problem_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "acme.blobs").write_text("in the way")
    with pytest.raises(Problem, match="cannot be kept"):
        BlobFolder(tmp_path, "acme").take(NAME, len(PICTURE), 0, PICTURE)

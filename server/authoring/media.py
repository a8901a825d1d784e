"""The files of a game's folder that players see: the map and what challenges show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from client_core.game.media import JPEG, MAP, MEDIA_MAX, MEDIUM_BYTES_MAX, PNG, Medium, media_type_of
from client_core.game.pictures import PictureFault, blob_hash, without_metadata
from client_core.game.publish import Draft, DraftCheckpoint, Finding
from server.authoring.game_file import GameFile
from server.authoring.reading import Report
from server.authoring.tables import Row
from server.authoring.values import ValueFault
from server.formats.pmtiles import MapFault, read_head
from server.problems import Problem

HEAD_BYTES = 16
E7 = 10_000_000


def read_media(
    folder: Path, game: GameFile, rows: Sequence[Row], checkpoints: Sequence[DraftCheckpoint], report: Report
) -> tuple[Medium, ...]:
    """The media of a game: its map first, then what its challenges name, each once."""
    places = {game.map: report.where(("map",))} if game.map else {}
    for row in rows:
        for name in row.list_of("media"):
            places.setdefault(name, row.where)
    if len(places) > MEDIA_MAX:
        report.error("media_too_many", (), f"{len(places)} files are shown, at most {MEDIA_MAX} may be")
        return ()
    for name in sorted(set(game.credit) - set(places)):
        report.error("credit_unknown", ("credit", name), f"{name!r} is neither the map nor shown by a challenge")
    media: list[Medium] = []
    for name, place in places.items():
        try:
            content = content_of(folder, name)
            if name == game.map:
                _look_at_map(content, checkpoints, report)
        except ValueFault as fault:
            report.errors.append(Finding("medium_unfit", place, f"{name!r} {fault}"))
            continue
        kind = media_type_of(content[:HEAD_BYTES])
        if (kind == MAP) != (name == game.map):
            what = "is no PMTiles file, which a map is" if name == game.map else "is a map: name it as map in game.toml"
            report.errors.append(Finding("medium_unfit", place, f"{name!r} {what}"))
            continue
        media.append(Medium(name, blob_hash(content), len(content), kind, game.credit.get(name, "")))
    return tuple(media)


def content_of(folder: Path, name: str) -> bytes:
    """A file as devices get it: pictures without what a camera writes about its owner; raises `ValueFault`."""
    file = folder / name
    if not file.resolve().is_relative_to(folder.resolve()):
        raise ValueFault("lies outside the game's folder: put it beside game.toml")
    try:
        size = file.stat().st_size
        if not 0 < size <= MEDIUM_BYTES_MAX:
            raise ValueFault(f"has {size} bytes, 1 to {MEDIUM_BYTES_MAX} are taken")
        content = file.read_bytes()
    except OSError as error:
        raise ValueFault(f"cannot be read: {error.strerror}") from error
    kind = media_type_of(content[:HEAD_BYTES])
    if not kind:
        raise ValueFault("is of no kind that is shown: JPEG, PNG, WebP, MP3, MP4 or a PMTiles map")
    if kind in {JPEG, PNG}:
        try:
            return without_metadata(content)
        except PictureFault as fault:
            raise ValueFault(f"cannot be used: {fault.detail}") from fault
    return content


def contents(folder: Path, draft: Draft) -> Iterator[tuple[Medium, bytes]]:
    """The media of a draft with their bytes; raises `Problem("bad_request")` where a file has changed meanwhile."""
    for medium in draft.media:
        try:
            content = content_of(folder, medium.name)
        except ValueFault as fault:
            raise Problem("bad_request", f"{medium.name} {fault}") from fault
        if blob_hash(content) != medium.hash:
            raise Problem("bad_request", f"{medium.name} was changed while the game was read: import it again")
        yield medium, content


def _look_at_map(content: bytes, checkpoints: Sequence[DraftCheckpoint], report: Report) -> None:
    try:
        head = read_head(content, len(content))
    except MapFault as fault:
        raise ValueFault(f"cannot be used as a map: {fault}") from fault
    outside = [
        one.code for one in checkpoints if one.at and not head.covers(round(one.at[0] * E7), round(one.at[1] * E7))
    ]
    if outside:
        shown = ", ".join(outside[:5]) + (f" and {len(outside) - 5} more" if len(outside) > 5 else "")
        report.warn("map_too_small", ("map",), f"checkpoints outside of the map: {shown}")

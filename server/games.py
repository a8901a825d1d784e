"""Games of a tenant: drafts that are imported, and published games that are played."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlmodel import Session, col, select

from client_core.game.actions import GamePublished
from client_core.game.content import Package, PackageError, decode_package, encode_package, package_hash
from client_core.game.keeping import AnswerKept
from client_core.game.publish import Draft, DraftError, publish
from client_core.signing import SigningKey, random_bytes
from server import own_stream, tenancy
from server.db.event_log import GameLog
from server.db.models import DraftRow, GameRow, LogRow, PackageRow, StatementRow, TenantRow
from server.db.tenant_file import TenantFile
from server.db.tenants import check_slug
from server.problems import Problem
from server.replaced_key import check_own_key
from sync.statement import Statement, statement_id
from sync.stream import GAME, ID_BYTES, STAFF, GameKey

TEAM_NUMBERS_OF_HQ = 1
TEAM_NUMBERS_EACH = 1000
"""How many bib numbers an edge has of its own before they could meet the next edge's."""
KEPT_AT_ONCE = 20
"""Answers in one segment, far below its limit of bytes."""


class GameSummary(msgspec.Struct, frozen=True):
    """A game in a listing. `id` and `package_hash` are hex; a draft has neither."""

    slug: str
    name: str
    state: str
    id: str | None = None
    package_hash: str | None = None
    published_at_ms: int | None = None


def save_draft(file: TenantFile, slug: str, draft: Draft, now_ms: int) -> None:
    """Keep an imported game under its slug, in place of an earlier import."""
    check_slug(slug)
    row = DraftRow(slug=slug, name=draft.name, source=msgspec.json.encode(draft), imported_at_ms=now_ms)
    with file.writing() as session:
        session.merge(row)


def draft_named(file: TenantFile, slug: str) -> Draft:
    """The game as it was imported last; raises `Problem("game_unknown")`."""
    with file.reading() as session:
        row = session.get(DraftRow, slug)
    if row is None:
        raise Problem("game_unknown", f"no game {slug!r} was imported")
    return msgspec.json.decode(row.source, type=Draft)


def publish_draft(file: TenantFile, tenant: TenantRow, slug: str, now_ms: int) -> GameRow:
    """Freeze a draft to a package and open a new game with a new id, at the authority only.

    Raises `Problem`: `not_the_authority`, `game_unknown`, and `bad_request`
    with all that is wrong with the draft; `healing` where any game knows that
    HQ's key was replaced as stolen, for a new game would believe it.
    """
    if tenant.root_seed is None:
        raise Problem("not_the_authority", f"games of {tenant.slug} are published at its HQ, this node is an edge")
    draft = draft_named(file, slug)
    _check_key_everywhere(file, tenant)
    try:
        package = encode_package(publish(draft))
    except DraftError as error:
        raise Problem("bad_request", error.detail) from error
    key = GameKey(tenant.id, random_bytes(ID_BYTES))
    game = open_game(file, key, slug, package, (tenancy.authority_statement(key, tenant),), TEAM_NUMBERS_OF_HQ, now_ms)
    signer = SigningKey.from_seed(tenant.node_seed)
    log = game_log(file, tenant, game)
    log.append(own_stream.write(log.index, signer, GAME, [GamePublished(now_ms, package_hash(package))]))
    if draft.kept:
        kept = [AnswerKept(now_ms, game.package_hash, one.challenge, one.key, one.plain) for one in draft.kept]
        for first in range(0, len(kept), KEPT_AT_ONCE):
            log.append(own_stream.write(log.index, signer, STAFF, kept[first : first + KEPT_AT_ONCE]))
    return game


def _check_key_everywhere(file: TenantFile, tenant: TenantRow) -> None:
    key = SigningKey.from_seed(tenant.node_seed).public_key
    with file.reading() as session:
        rows = session.exec(select(GameRow)).all()
        for row in rows:
            session.expunge(row)
    for row in rows:
        check_own_key(game_log(file, tenant, row).index.directory, key)


def open_game(
    file: TenantFile,
    key: GameKey,
    slug: str,
    package: bytes,
    statements: Sequence[Statement],
    team_number_first: int,
    now_ms: int,
) -> GameRow:
    """Store a game with its package and an empty log that knows these verified statements."""
    hashed = package_hash(package)
    game = GameRow(
        id=key.game,
        slug=slug,
        name=_name_of(package, slug),
        package_hash=hashed,
        published_at_ms=now_ms,
        team_number_first=team_number_first,
    )
    with file.writing() as session:
        session.merge(PackageRow(hash=hashed, content=package))
        session.add(game)
        session.flush()
        store, epoch = random_bytes(ID_BYTES), random_bytes(ID_BYTES)
        session.add(LogRow(game_no=game.no, store_id=store, restore_epoch=epoch, commit_seq=0, healing=0))
        session.flush()
        for statement in statements:
            session.add(
                StatementRow(
                    game_no=game.no,
                    id=statement_id(statement.body),
                    body=statement.body,
                    signature=statement.signature,
                )
            )
    return game


def _name_of(package: bytes, slug: str) -> str:
    """The game's name; its slug where only a newer program reads the package. Raises `PackageError`."""
    try:
        return decode_package(package).name
    except PackageError as error:
        if error.code != "package_newer":
            raise
        return slug


def game_log(file: TenantFile, tenant: TenantRow, game: GameRow) -> GameLog:
    """Open a game's log."""
    return GameLog(file.reader, file.writer, game.no, GameKey(tenant.id, game.id), tenant.root_public)


def find_game(session: Session, name: str) -> GameRow:
    """The game of a slug (the latest) or of an id in hex; raises `Problem("game_unknown")`, `not_published`."""
    game = None
    if len(name) == 2 * ID_BYTES:
        try:
            game = session.exec(select(GameRow).where(GameRow.id == bytes.fromhex(name))).one_or_none()
        except ValueError:
            game = None
    if game is None:
        game = session.exec(select(GameRow).where(GameRow.slug == name).order_by(col(GameRow.no).desc())).first()
    if game is None and session.get(DraftRow, name) is not None:
        raise Problem("not_published", f"the game {name!r} was imported and not published yet")
    if game is None:
        raise Problem("game_unknown", f"there is no game {name[:60]!r} here")
    return game


def package_of(session: Session, game: GameRow) -> bytes:
    """The package's bytes; raises `Problem("package_missing")`."""
    row = session.get(PackageRow, game.package_hash)
    if row is None:
        raise Problem("package_missing", f"the package of {game.slug} is not here yet")
    return row.content


def read_package(session: Session, game: GameRow) -> Package:
    """The package of a game, decoded."""
    return decode_package(package_of(session, game))


def list_games(session: Session, *, drafts: bool = True) -> list[GameSummary]:
    """Published games, the latest first, then drafts that were never published."""
    games = session.exec(select(GameRow).order_by(col(GameRow.no).desc())).all()
    found = [
        GameSummary(g.slug, g.name, "published", g.id.hex(), g.package_hash.hex(), g.published_at_ms) for g in games
    ]
    if drafts:
        published = {game.slug for game in games}
        rows = session.exec(select(DraftRow).order_by(col(DraftRow.slug))).all()
        found += [GameSummary(row.slug, row.name, "draft") for row in rows if row.slug not in published]
    return found

"""Becoming an edge: a code from HQ, a key of one's own, and the delegation that makes it good.

    POST {hq}/api/v1/{tenant}/games/{game}/edges    EdgeRequest, answered by EdgeAnswer (JSON)
    GET  {hq}/api/v1/{tenant}/games/{game}/package

A code makes one node an edge; asked again with the same key, the answer is the
same. Another code shown by the same edge lets it enrol so many devices more.
What comes later (teams, codes, events) comes by sessions.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Annotated

import msgspec

from client_core.game.content import PackageError, package_hash
from client_core.game.joining import Id, PublicKey, StatementPair
from client_core.game.ranges import Hash
from client_core.signing import SigningKey, random_bytes, verify
from server import tenancy, upstream
from server.codes import RANDOM_BYTES, code_from, hash_code, hint_of
from server.db.models import EdgeCodeRow, TenantRow
from server.db.tenants import TenantFiles, check_slug
from server.games import TEAM_NUMBERS_EACH, find_game, open_game
from server.healing import check_may_sign
from server.open_game import OpenGame, delegated_key
from server.problems import Problem
from server.replaced_key import check_own_key
from server.writer import Writer
from sync import ed25519
from sync.batch import Batch
from sync.directory import Directory
from sync.errors import EnvelopeError
from sync.statement import AUTHORITY, Delegation, Statement, check_statement
from sync.stream import ALL, GAME, ID_BYTES, GameKey

SEED_BYTES = 32


class EdgeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A node asks to be an edge of a game."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    public_key: PublicKey


class EdgeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that an edge needs to serve a game: who the tenant is, the chain that delegates, the package's hash."""

    tenant: Id
    tenant_slug: str
    tenant_name: str
    root_key: PublicKey
    authority_epoch: int
    game: Id
    game_slug: str
    package_hash: Hash
    published_at_ms: int
    team_number_first: int
    statements: tuple[StatementPair, ...]


def add_edge_code(game: OpenGame, enrolments_max: int, now_ms: int) -> str:
    """Make an edge code at HQ; returns `TENANT/GAME/CODE`. Raises `Problem`: `not_the_authority`, `healing`."""
    check_own_key(game.log.index.directory, game.key.public_key)
    if not game.is_authority:
        raise Problem("not_the_authority", "edge codes are made at HQ, this node is an edge itself")
    code = code_from(random_bytes(RANDOM_BYTES))
    hashed = hash_code(game.row.id, code)
    assert hashed is not None
    with game.file.writing() as session:
        edges = (
            session.connection()
            .exec_driver_sql("SELECT count(*) FROM edge_code WHERE game_no = ?", (game.row.no,))
            .scalar_one()
        )
        session.add(
            EdgeCodeRow(
                game_no=game.row.no,
                hash=hashed,
                hint=hint_of(code),
                enrolments_max=enrolments_max,
                team_number_first=(edges + 1) * TEAM_NUMBERS_EACH + 1,
                edge_key=None,
                created_at_ms=now_ms,
            )
        )
    return f"{game.tenant.slug}/{game.row.slug}/{code}"


async def admit_edge(game: OpenGame, writer: Writer, request: EdgeRequest) -> EdgeAnswer:
    """Delegate to the node that shows a code; at HQ. Raises `Problem`."""
    check_own_key(game.log.index.directory, game.key.public_key)
    if not game.is_authority:
        raise Problem("not_the_authority", "edges are admitted at HQ, this node is an edge itself")
    if not ed25519.is_public_key(request.public_key):
        raise Problem("bad_request", "public_key: these 32 bytes are no Ed25519 public key")
    hashed = await asyncio.to_thread(hash_code, game.row.id, request.code)
    with game.file.reading() as session:
        row = session.get(EdgeCodeRow, (game.row.no, hashed)) if hashed else None
    if row is None or row.edge_key not in {None, request.public_key}:
        raise Problem("edge_code_unknown", "it was mistyped, made for another game, or used by another node")
    known = game.log.index.directory.edges.get(request.public_key)
    if known is None or row.edge_key is None:
        before = known.enrolments_max if known is not None else 0
        check_may_sign(game)
        incarnation = known.incarnation if known is not None else random_bytes(ID_BYTES)
        delegation = Delegation(request.public_key, ALL, before + row.enrolments_max, incarnation)
        statement = tenancy.issue(game.log.game, GAME, game.key, delegation)

        def note_use(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                "UPDATE edge_code SET edge_key = ? WHERE game_no = ? AND hash = ? AND ifnull(edge_key, ?) = ?",
                (request.public_key, game.row.no, hashed, request.public_key, request.public_key),
            ).rowcount
            if not changed:
                raise Problem("edge_code_unknown", "another node used it a moment ago")

        await writer.submit(game, Batch(statements=(statement,)), note_use)
    return _answer(game, request.public_key, row.team_number_first)


def _answer(game: OpenGame, public_key: bytes, team_number_first: int) -> EdgeAnswer:
    chain = [s for s, c in game.role_statements() if c.kind == AUTHORITY or delegated_key(c) == public_key]
    return EdgeAnswer(
        tenant=game.tenant.id,
        tenant_slug=game.tenant.slug,
        tenant_name=game.tenant.name,
        root_key=game.tenant.root_public,
        authority_epoch=game.tenant.authority_epoch,
        game=game.row.id,
        game_slug=game.row.slug,
        package_hash=game.row.package_hash,
        published_at_ms=game.row.published_at_ms,
        team_number_first=team_number_first,
        statements=tuple((statement.body, statement.signature) for statement in chain),
    )


async def become_edge(tenants: TenantFiles, url: str, edge_code: str, now_ms: int) -> None:
    """Register at an HQ with `TENANT/GAME/CODE` and store the game; done before, nothing changes.

    HQ is asked each time: a name may mean a game that was published since. The
    key is kept beside the tenants' files until the answer is stored, so a
    registration cut in the middle goes on with the same key. Raises
    `UpstreamError` and `Problem`.
    """
    parts = edge_code.strip().split("/")
    if len(parts) != 3:
        raise Problem("bad_request", "an edge code is TENANT/GAME/CODE, as HQ printed it")
    tenant_slug, game_slug, code = parts
    check_slug(tenant_slug)
    check_slug(game_slug)
    pending = tenants.folder.parent / f"edge-{tenant_slug}.key"
    key = SigningKey.from_seed(_seed(tenants, tenant_slug, pending))
    base = f"{url.rstrip('/')}/api/v1/{tenant_slug}/games/{game_slug}"
    async with upstream.client() as http:
        try:
            raw = await upstream.post_json(http, f"{base}/edges", EdgeRequest(code=code, public_key=key.public_key))
            answer = msgspec.json.decode(raw, type=EdgeAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise upstream.UpstreamError("not_wayfold", f"{url} answered no edge's registration: {error}") from error
        if has_game(tenants, tenant_slug, answer.game.hex()):
            return
        package = await upstream.get_package(http, f"{base}/package")
    if package_hash(package) != answer.package_hash:
        raise upstream.UpstreamError("not_wayfold", f"{url} sent another package than the game was published as")
    statements = _checked(answer, key.public_key)
    _keep_tenant(tenants, tenant_slug, answer, key, now_ms)
    game = GameKey(answer.tenant, answer.game)
    try:
        with tenants.open(tenant_slug) as file:
            open_game(file, game, game_slug, package, statements, answer.team_number_first, answer.published_at_ms)
    except PackageError as error:
        raise Problem("package_missing", f"the package cannot be played here: {error}") from error
    pending.unlink(missing_ok=True)


def has_game(tenants: TenantFiles, tenant: str, game: str) -> bool:
    """Whether a game of that slug or hex id is in a tenant's file here."""
    if tenant not in tenants.slugs():
        return False
    with tenants.open(tenant) as file, file.reading() as session:
        try:
            find_game(session, game)
        except Problem:
            return False
    return True


def _keep_tenant(tenants: TenantFiles, slug: str, answer: EdgeAnswer, key: SigningKey, now_ms: int) -> None:
    """See that the tenant's file is here, and that it is this tenant's: a name alone may be another's."""
    if slug not in tenants.slugs():
        tenants.add(
            TenantRow(
                id=answer.tenant,
                slug=slug,
                name=answer.tenant_name,
                root_public=answer.root_key,
                root_seed=None,
                authority_epoch=answer.authority_epoch,
                node_seed=key.seed,
                created_at_ms=now_ms,
            )
        )
    with tenants.open(slug) as file:
        tenant = file.tenant
    if tenant is None or (tenant.id, tenant.root_public) != (answer.tenant, answer.root_key):
        raise Problem("slug_taken", f"another tenant is called {slug!r} here: give this edge a data folder of its own")


def _seed(tenants: TenantFiles, tenant: str, pending: Path) -> bytes:
    """This node's seed in a tenant: the one it has, the one it asked with before, or a new one."""
    if tenant in tenants.slugs():
        with tenants.open(tenant) as file:
            assert file.tenant is not None
            if file.tenant.root_seed is not None:
                raise Problem("slug_taken", f"this node is the HQ of {tenant!r}, it cannot be its edge")
            return file.tenant.node_seed
    if not pending.exists() or pending.stat().st_size != SEED_BYTES:
        draft = pending.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(SigningKey.generate().seed)
        draft.replace(pending)  # whole or not at all: half a seed would never be one
    return pending.read_bytes()


def _checked(answer: EdgeAnswer, public_key: bytes) -> tuple[Statement, ...]:
    """The answer's statements, each verified; together they must make this node an edge."""
    game = GameKey(answer.tenant, answer.game)
    statements = tuple(Statement(*pair) for pair in answer.statements)
    try:
        checks = [check_statement(game, statement)[1] for statement in statements]
    except EnvelopeError as error:
        raise upstream.UpstreamError("not_wayfold", f"the upstream's chain is not sound: {error.detail}") from error
    directory = Directory(answer.root_key)
    if all(verify(c.public_key, c.message, c.signature) for c in checks):
        directory.add(statements)
    if public_key not in directory.edges:
        raise upstream.UpstreamError("not_wayfold", "the upstream's chain does not make this node an edge")
    return statements

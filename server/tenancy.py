"""What makes a tenant: its id, its root and authority keys, and statements in their name."""

from __future__ import annotations

from client_core.signing import SigningKey, random_bytes
from server.db.models import TenantRow
from sync.statement import Authority, Content, Statement, encode_claim, statement_id
from sync.stream import GAME, GameKey

ID_BYTES = 16
FIRST_EPOCH = 1


def new_tenant(slug: str, name: str, now_ms: int) -> TenantRow:
    """A tenant whose authority this node is: a root key that only names authorities, and the authority's own."""
    root = SigningKey.generate()
    return TenantRow(
        id=random_bytes(ID_BYTES),
        slug=slug,
        name=name,
        root_public=root.public_key,
        root_seed=root.seed,
        authority_epoch=FIRST_EPOCH,
        node_seed=SigningKey.generate().seed,
        created_at_ms=now_ms,
    )


def issue(game: GameKey, audience: bytes, issuer: SigningKey, content: Content) -> Statement:
    """A signed statement, for everyone who may read that audience."""
    body = encode_claim(game, audience, issuer.public_key, content)
    return Statement(body, issuer.sign(statement_id(body)))


def authority_statement(game: GameKey, tenant: TenantRow) -> Statement:
    """The root's word, in one game, for this node's key. At HQ only."""
    assert tenant.root_seed is not None
    key = SigningKey.from_seed(tenant.node_seed)
    return issue(game, GAME, SigningKey.from_seed(tenant.root_seed), Authority(key.public_key, tenant.authority_epoch))

"""Joining: what a device and the node it joins at say to each other, besides the session.

    POST {origin}/api/v1/{tenant}/games/{game}/join       JoinRequest, answered by JoinAnswer (JSON)
    GET  {origin}/api/v1/{tenant}/games/{game}/package    the package's bytes as published
    POST {origin}/sync/v1/{tenant}/{game}                 one exchange of a session, both ways `SYNC_MEDIA_TYPE`

`{tenant}` and `{game}` are the names or ids that the node knows them by. Bytes
are base64 in JSON. Joining again with the same key is answered the same again,
so a device whose answer was lost simply asks once more.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from client_core.game.ranges import MEMBERS_MAX, Hash, MemberNumber, TeamId

SYNC_MEDIA_TYPE = "application/x-wayfold"
PACKAGE_MEDIA_TYPE = "application/octet-stream"
JSON_MEDIA_TYPE = "application/json"

UPSTREAMS_MAX = 8
"""The edge of the day, HQ, and some to spare."""
STATEMENTS_MAX = 64
"""A chain is two or three; staff of many roles carry more."""

Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
PublicKey = Annotated[bytes, Meta(min_length=32, max_length=32)]
StatementPair = tuple[Annotated[bytes, Meta(max_length=2048)], Annotated[bytes, Meta(min_length=64, max_length=64)]]
"""A directory statement as it travels here: its body and its issuer's signature."""


class JoinRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A device asks to play. `team_name` names a new team, where the code makes one."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    public_key: PublicKey
    team_name: Annotated[str, Meta(max_length=200)] = ""


class MemberOffered(msgspec.Struct, frozen=True):
    """A member of the team, whose this phone may be; `name` as everybody may read it, empty where none is known."""

    number: MemberNumber
    name: Annotated[str, Meta(max_length=200)] = ""


class JoinAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All that a device needs to play and to show any node that it may.

    `root_key` is the tenant's, to be pinned; `statements` the chain that enrols
    the device; `package_hash` what the package must hash to; `upstreams` the
    addresses of sessions in the order to try them, absolute or relative to the
    address that was asked. `members` are the team's, where they are known.
    """

    tenant: Id
    game: Id
    team: TeamId
    team_number: int
    team_name: str
    root_key: PublicKey
    statements: Annotated[tuple[StatementPair, ...], Meta(max_length=STATEMENTS_MAX)]
    package_hash: Hash
    upstreams: Annotated[tuple[str, ...], Meta(max_length=UPSTREAMS_MAX)] = ()
    members: Annotated[tuple[MemberOffered, ...], Meta(max_length=MEMBERS_MAX)] = ()

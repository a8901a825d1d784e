"""Every "no" of the HTTP interface, as one table of codes (RFC 9457).

A code is stable and for programs, the title says what the code means, the
detail says what happened this time. All three are public: a detail never holds
a key, a path of this machine or another tenant's name.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:wayfold:problem:"

log = logging.getLogger("wayfold.server")


class Kind(NamedTuple):
    """One row of the table."""

    status: int
    title: str


PROBLEMS: dict[str, Kind] = {
    "bad_request": Kind(400, "The request is not understood"),
    "frame_malformed": Kind(400, "The body is not a whole, undamaged frame of this protocol"),
    "not_a_bundle": Kind(400, "The file is no bundle, or was converted as text"),
    "protocol_unsupported": Kind(400, "No protocol version is spoken by both sides"),
    "signature_bad": Kind(403, "A signature does not fit"),
    "join_code_unknown": Kind(403, "This join code is not known here"),
    "join_code_used_up": Kind(403, "This join code has no uses left"),
    "edge_code_unknown": Kind(403, "This edge code is not known here"),
    "staff_code_unknown": Kind(403, "This staff code is not known here"),
    "staff_only": Kind(403, "Only staff do this"),
    "standings_hidden": Kind(403, "The standings are not shown yet"),
    "not_enrolled": Kind(403, "This device is not enrolled in the game"),
    "not_the_authority": Kind(403, "Only the authority does this"),
    "not_found": Kind(404, "There is nothing at this address"),
    "tenant_unknown": Kind(404, "There is no such tenant here"),
    "game_unknown": Kind(404, "There is no such game here"),
    "team_unknown": Kind(404, "There is no such team in this game"),
    "package_missing": Kind(404, "The game's package has not arrived here yet"),
    "method_not_allowed": Kind(405, "This address does not take this method"),
    "slug_taken": Kind(409, "This name is taken"),
    "devices_full": Kind(409, "The game has as many devices as it may have"),
    "already_final": Kind(409, "The game is final"),
    "minor_on_photo": Kind(409, "A minor may be on this photo"),
    "not_published": Kind(409, "The game has not been published"),
    "bundle_elsewhere": Kind(409, "The bundle belongs to another tenant or game"),
    "blob_unexpected": Kind(404, "Nothing here names this blob yet"),
    "body_too_big": Kind(413, "The body is larger than this node takes"),
    "rate_limited": Kind(429, "Too many requests from this address"),
    "internal": Kind(500, "Something is wrong with this node"),
    "cannot_score": Kind(501, "The game is of a newer rule book than this node's program"),
    "healing": Kind(503, "This HQ came back from a backup and does not sign yet"),
    "busy": Kind(503, "The node is busy, nothing was stored"),
    "store_unusable": Kind(503, "The node's store cannot be used"),
    "port_in_use": Kind(503, "The address to listen on cannot be had"),
    "certificate_unusable": Kind(503, "The node cannot speak https with this certificate"),
    "upstream_down": Kind(502, "The upstream is not reached"),
}

_CODE_BY_STATUS = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_big",
    429: "rate_limited",
    503: "busy",
}


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error. `retry_after_s` stands where asking again later makes sense."""

    type: str
    code: str
    status: int
    title: str
    detail: str
    retry_after_s: int | None = None


class Problem(Exception):
    """An expected failure of a request or a command; `code` is a row of `PROBLEMS`."""

    def __init__(self, code: str, detail: str, *, retry_after_s: int | None = None) -> None:
        assert code in PROBLEMS, code
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        """The HTTP status of this code."""
        return PROBLEMS[self.code].status

    def document(self) -> ProblemDocument:
        """The error as it goes over the wire."""
        kind = PROBLEMS[self.code]
        return ProblemDocument(
            TYPE_PREFIX + self.code, self.code, kind.status, kind.title, self.detail, self.retry_after_s
        )

    def encode(self) -> bytes:
        """The document as JSON bytes."""
        return msgspec.json.encode(self.document())

    def headers(self) -> dict[str, str]:
        """`Retry-After` where it is known."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


def from_exception(error: Exception) -> Problem:
    """What a request is told of any exception: its own code, or `internal` and nothing else."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationException):
        reasons = error.extra if isinstance(error.extra, list) else []
        said = "; ".join(
            f"{reason.get('key', '')}: {reason.get('message', '')}" for reason in reasons if isinstance(reason, Mapping)
        )
        return Problem("bad_request", said or error.detail)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return Problem(_CODE_BY_STATUS.get(error.status_code, "bad_request"), error.detail)
    if isinstance(error, InternalServerException) and "disconnected" in error.detail:
        return Problem("bad_request", "the connection was closed before the body was whole")
    if isinstance(error, sqlite3.Error):
        log.error("a store cannot be used", exc_info=error)
        return Problem("store_unusable", "the node's log has the reason; nothing was stored", retry_after_s=5)
    log.error("request failed", exc_info=error)
    return Problem("internal", "the node's log has the reason")


def answer_problem(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for everything, on JSON, MessagePack and page routes alike."""
    problem = from_exception(error)
    return Response(problem.encode(), status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers())

"""HTTP answers and what they mean, whoever carried them: a socket of this program or a browser's `fetch`.

Redirects are not followed and nothing but a Wayfold node is believed: at a
venue, whatever answers first is often a portal.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn

import msgspec

from client_core.transports.errors import TransportError

PROBLEM_BYTES_MAX = 64 * 1024
SHOWN_CHARS_MAX = 200
_GATEWAY_STATUSES = (502, 503, 504)
_PROBLEM_TYPES = ("application/problem+json", "application/json")


class Answer(NamedTuple):
    """An HTTP answer: status, media type without parameters, body."""

    status: int
    media_type: str
    body: bytes


class Problem(msgspec.Struct, frozen=True):
    """What is read of an RFC 9457 document; `retry_after_s` is our own member."""

    code: str
    detail: str = ""
    title: str = ""
    retry_after_s: float | None = None


def media_type_of(header: str | None) -> str:
    """The media type of a `Content-Type` header, without parameters, in small letters."""
    return (header or "").partition(";")[0].strip().lower()


def expect(answer: Answer, media_type: str, url: str) -> Answer:
    """The answer, where it is of the right type; raises `TransportError` (`not_wayfold`)."""
    if answer.media_type != media_type:
        said = answer.media_type or "an unnamed type"
        raise TransportError("not_wayfold", f"{url} answered {said} where a Wayfold node answers {media_type}")
    return answer


def raise_refusal(answer: Answer, origin: str, *, reason: str, retry_after: str | None, place: str | None) -> NoReturn:
    """Raise what an answer of 300 and more means; `place` is its `Location`."""
    status, media_type, body = answer
    after_s = _seconds(retry_after)
    if media_type in _PROBLEM_TYPES and len(body) <= PROBLEM_BYTES_MAX:
        try:
            problem = msgspec.json.decode(body, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        else:
            after_s = after_s if problem.retry_after_s is None else problem.retry_after_s
            raise TransportError(problem.code, problem.detail or problem.title, int(after_s * 1000))
    if status < 400:
        where = (place or "")[:SHOWN_CHARS_MAX]
        raise TransportError("not_wayfold", f"{origin} sends elsewhere ({status} {where}): a portal, perhaps")
    if status in _GATEWAY_STATUSES:
        raise TransportError("upstream_down", f"a gateway answers {status} for {origin}", int(after_s * 1000))
    raise TransportError("not_wayfold", f"{origin} answered {status} {reason} as no Wayfold node does")


def _seconds(header: str | None) -> float:
    """`Retry-After` in seconds; a date there (RFC 9110 allows one) counts as unknown."""
    return float(header) if header is not None and header.isdecimal() else 0.0

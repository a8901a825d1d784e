"""What can go wrong on the way to another node, with a stable `code` and a sentence.

    code                what happened
    upstream_down       no connection, or it broke; also a gateway that says the node is away
    upstream_slow       no answer within the time allowed
    upstream_insecure   its certificate is not good
    not_wayfold         something answered that is not a Wayfold node: a portal, another program
    answer_too_big      the answer exceeds what a node may send
    address_malformed   the address is not an http or https URL of a game
    link_down           the device's own link is down; nothing was tried
    link_cut            the device's own link went down in the middle
    file_*              `file_missing`, `file_unreadable`, `file_unwritable`, `file_too_big`
    (any other)         the node's own problem code (RFC 9457), such as `busy` or `join_code_unknown`

Nothing is lost by any of them: the next session goes on from what both hold.
"""

from __future__ import annotations


class TransportError(Exception):
    """A failed exchange. `retry_after_ms` is the peer's wish, 0 where it has none."""

    def __init__(self, code: str, detail: str, retry_after_ms: int = 0) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_ms = retry_after_ms

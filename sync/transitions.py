"""The session as tables: which message may follow in which state, on either side.

Rules:

* A request is one body: an optional Proof, a Hello, then any of the messages
  that ask or give, in any order. An answer is one body: a Welcome, then any of
  those that ask, give or report.
* Nothing is kept by the responder between requests, so every request opens
  anew and both tables start over with every body.
* A Problem may stand alone as an answer: a node that cannot even greet says why.
* The tables are complete: a message without a cell is refused (`out_of_order`)
  and ends the reading of that body; what stood before it still counts.
"""

from __future__ import annotations

from enum import Enum

from sync.errors import RemoteError
from sync.messages import (
    Asking,
    Buckets,
    Data,
    End,
    Hello,
    Message,
    Problem,
    Proof,
    Receipts,
    Root,
    Rows,
    Statements,
    Verdicts,
    Want,
    Welcome,
)


class State(Enum):
    """Where the reader of one body stands."""

    EXPECT_HELLO = "expect hello"
    EXPECT_HELLO_AFTER_PROOF = "expect hello after proof"
    REQUEST_OPEN = "request open"
    EXPECT_WELCOME = "expect welcome"
    ANSWER_OPEN = "answer open"
    EXPECT_BUNDLE_HELLO = "expect bundle hello"
    BUNDLE_OPEN = "bundle open"
    CLOSED = "closed"


_GIVEN_IN_REQUEST = (Root, Rows, Want, Data, Statements, Asking)
_GIVEN_IN_ANSWER = (Root, Buckets, Want, Data, Statements, Verdicts, Receipts, Problem)
_GIVEN_IN_BUNDLE = (Data, Statements, Receipts)

TRANSITIONS: dict[State, dict[type[Message], State]] = {
    State.EXPECT_HELLO: {Proof: State.EXPECT_HELLO_AFTER_PROOF, Hello: State.REQUEST_OPEN},
    State.EXPECT_HELLO_AFTER_PROOF: {Hello: State.REQUEST_OPEN},
    State.REQUEST_OPEN: dict.fromkeys(_GIVEN_IN_REQUEST, State.REQUEST_OPEN),
    State.EXPECT_WELCOME: {Welcome: State.ANSWER_OPEN, Problem: State.CLOSED},
    State.ANSWER_OPEN: dict.fromkeys(_GIVEN_IN_ANSWER, State.ANSWER_OPEN),
    State.EXPECT_BUNDLE_HELLO: {Hello: State.BUNDLE_OPEN},
    State.BUNDLE_OPEN: {**dict.fromkeys(_GIVEN_IN_BUNDLE, State.BUNDLE_OPEN), End: State.CLOSED},
    State.CLOSED: {},
}


def step(state: State, message: Message) -> State:
    """The state after a message; raises `RemoteError` (`out_of_order`) where it may not stand."""
    after = TRANSITIONS[state].get(type(message))
    if after is None:
        name = type(message).__name__
        raise RemoteError("out_of_order", f"a {name} may not stand where the reader is at '{state.value}'")
    return after

"""The session's tables are complete: every state meets every message, and does what its cell says."""

from __future__ import annotations

import pytest
from nodes import NONCE, WORLD_GAME, enrolment_statement, key_of, run_of

from sync.frame import encode_body
from sync.messages import (
    MESSAGES,
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
from sync.responder import read_body
from sync.stream import ALL
from sync.transitions import TRANSITIONS, State

NODE = key_of("node").public_key
EXAMPLES: dict[type[Message], Message] = {
    Hello: Hello((1, 1), NODE, WORLD_GAME.tenant, WORLD_GAME.game, ALL),
    Welcome: Welcome(1, NODE, b"s" * 16, b"e" * 16, 0, 0, 0, NONCE, ALL),
    Proof: Proof(NONCE, b"s" * 64),
    Root: Root(b"r" * 32, 0),
    Buckets: Buckets(bytes(4096)),
    Rows: Rows(b"", (), ()),
    Want: Want((), ()),
    Data: Data((run_of("node", [b"x"]),)),
    Statements: Statements((enrolment_statement(key_of("hq"), key_of("node"), ALL),)),
    Verdicts: Verdicts(()),
    Asking: Asking(()),
    Receipts: Receipts(()),
    Problem: Problem("code", "text"),
    End: End(0, b"h" * 32),
}
WAY_TO: dict[State, tuple[State, list[type[Message]]]] = {
    State.EXPECT_HELLO: (State.EXPECT_HELLO, []),
    State.EXPECT_HELLO_AFTER_PROOF: (State.EXPECT_HELLO, [Proof]),
    State.REQUEST_OPEN: (State.EXPECT_HELLO, [Hello]),
    State.EXPECT_WELCOME: (State.EXPECT_WELCOME, []),
    State.ANSWER_OPEN: (State.EXPECT_WELCOME, [Welcome]),
    State.EXPECT_BUNDLE_HELLO: (State.EXPECT_BUNDLE_HELLO, []),
    State.BUNDLE_OPEN: (State.EXPECT_BUNDLE_HELLO, [Hello]),
    State.CLOSED: (State.EXPECT_BUNDLE_HELLO, [Hello, End]),
}


def test_the_table_has_every_state_and_an_example_of_every_message() -> None:
    assert set(TRANSITIONS) == set(WAY_TO) == set(State)
    assert set(EXAMPLES) == set(MESSAGES)


@pytest.mark.parametrize("state", State, ids=lambda s: s.name)
@pytest.mark.parametrize("kind", MESSAGES, ids=lambda m: m.__name__)
def test_a_message_is_taken_or_refused_as_the_table_says(state: State, kind: type[Message]) -> None:
    start, way = WAY_TO[state]
    before = [EXAMPLES[step] for step in way]
    messages, problems = read_body(encode_body([*before, EXAMPLES[kind]]), start)
    if kind in TRANSITIONS[state]:
        assert (messages, problems) == ([*before, EXAMPLES[kind]], [])
    else:
        assert messages == before
        assert [p.code for p in problems if isinstance(p, Problem)] == ["out_of_order"]


@pytest.mark.parametrize("state", State, ids=lambda s: s.name)
@pytest.mark.parametrize("kind", MESSAGES, ids=lambda m: m.__name__)
def test_what_follows_a_message_depends_on_the_state_it_leads_to(state: State, kind: type[Message]) -> None:
    """Two steps deep: the state after a message accepts exactly what its own row says."""
    start, way = WAY_TO[state]
    after = TRANSITIONS[state].get(kind)
    taken = [EXAMPLES[step] for step in [*way, kind]]
    for following in MESSAGES:
        messages, problems = read_body(encode_body([*taken, EXAMPLES[following]]), start)
        if after is None:
            assert messages == taken[:-1]
        else:
            assert (len(messages) == len(taken) + 1) == (following in TRANSITIONS[after])
            assert bool(problems) == (following not in TRANSITIONS[after])

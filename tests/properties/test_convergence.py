"""Whatever was cut, doubled, dropped or flipped before: the next undisturbed session brings two logs to agreement."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import event, given, settings
from hypothesis import strategies as st
from nodes import Node, authority, enrolled

from sync.errors import RemoteError
from sync.frame import split_frames
from sync.stream import ALL, GAME, meet, scope_of, team_audience

TEAM = team_audience(b"a" * 16)
NAMES = ("hq", "edge", "device", "clone")
Exchange = Callable[[bytes], bytes]


class LinkError(Exception):
    """The connection was lost."""


def perfect(body: bytes, peer: Exchange) -> bytes:
    return peer(body)


def cut_request(body: bytes, peer: Exchange) -> bytes:
    peer(body[: len(body) * 2 // 3])
    raise LinkError


def lost_answer(body: bytes, peer: Exchange) -> bytes:
    peer(body)
    raise LinkError


def cut_answer(body: bytes, peer: Exchange) -> bytes:
    answer = peer(body)
    return answer[: len(answer) * 2 // 3]


def doubled_request(body: bytes, peer: Exchange) -> bytes:
    peer(body)
    return peer(body)


def dropped_frames(body: bytes, peer: Exchange) -> bytes:
    answer = peer(body)
    frames = [len(frame).to_bytes(4, "big") + frame for frame in split_frames(answer)]
    return b"".join(frame for i, frame in enumerate(frames) if i == 0 or i % 2)


def reordered_frames(body: bytes, peer: Exchange) -> bytes:
    first, *rest = [len(frame).to_bytes(4, "big") + frame for frame in split_frames(peer(body))]
    return first + b"".join(reversed(rest))


def flipped_request(body: bytes, peer: Exchange) -> bytes:
    at = len(body) * 3 // 4
    return peer(body[:at] + bytes((body[at] ^ 4,)) + body[at + 1 :])


def flipped_answer(body: bytes, peer: Exchange) -> bytes:
    answer = peer(body)
    at = len(answer) // 2
    return answer[:at] + bytes((answer[at] ^ 4,)) + answer[at + 1 :]


LINKS = (
    perfect,
    cut_request,
    lost_answer,
    cut_answer,
    doubled_request,
    dropped_frames,
    reordered_frames,
    flipped_request,
    flipped_answer,
)


def world() -> dict[str, Node]:
    """HQ, an edge, a device, and another process with the device's key: their writing forks the stream."""
    hq = authority()
    edge = enrolled(hq, "edge", ALL, 0)
    device = enrolled(hq, "device", scope_of(GAME, TEAM), 1)
    clone = enrolled(hq, "device", scope_of(GAME, TEAM), 1)
    return {"hq": hq, "edge": edge, "device": device, "clone": clone}


WRITE = st.tuples(st.just("write"), st.sampled_from(NAMES), st.integers(1, 130), st.sampled_from((GAME, TEAM)))
MEET = st.tuples(st.just("meet"), st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(LINKS))


@given(st.lists(st.one_of(WRITE, MEET), max_size=14), st.permutations(NAMES), st.booleans())
@settings(max_examples=60)
def test_two_logs_agree_after_the_next_undisturbed_session(steps, order, forked) -> None:
    nodes = world()
    if forked:
        nodes["device"].write(b"mine")
        nodes["clone"].write(b"mine too")
    for number, (kind, name, other, last) in enumerate(steps):
        if kind == "write":
            payloads = [b"%s %d %d" % (name.encode(), number, i) for i in range(other)]
            nodes[name].write(*payloads, audience=last, seed=bytes((number,)) * 16)
        elif name != other:
            try:
                nodes[name].sync(nodes[other], last)
            except (LinkError, RemoteError) as error:
                event(type(error).__name__)
    for first, second in pairwise(order):
        opener, answerer = nodes[first], nodes[second]
        scope = meet(opener.scope, answerer.scope)
        if not answerer.log.index.directory.may_read(opener.key.public_key, scope):
            continue  # nobody enrolled it there: it may push, and sees nothing
        report = opener.sync(answerer)
        assert report.converged, (first, second, report)
        assert opener.root(scope) == answerer.root(scope)
    held = nodes["hq"].log.index.streams
    event(f"forked: {any(state.forked for state in held.values())}")

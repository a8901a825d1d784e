"""Bugs planted in the core for the time of one exploration, to show that the exploration finds them.

A bug is a change of source text: the function is compiled anew from it and its
code exchanged in place, so that every caller has the bug.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from types import ModuleType
from typing import NamedTuple

import sync.intake
import sync.placement
import sync.responder


class Bug(NamedTuple):
    """One bug: its name, the law that must catch it, where it is planted, and the change of text."""

    name: str
    law: str
    module: ModuleType
    function: str
    before: str
    after: str


BUGS = (
    Bug(
        "answer without storing",
        "truthful",
        sync.intake,
        "Intake._take_runs",
        "outcome: Outcome = yield Append(Batch(segments=tuple(segment for _, segment in sound)))",
        "outcome = Outcome(tuple((0,) * len(segment.ids) for _, segment in sound))",
    ),
    Bug(
        "duplicate by number",
        "exact",
        sync.placement,
        "place",
        "    return _weave(state, segment, find(segment.stream, segment.first_seq - 1, segment.last_seq), erased)",
        "    held = find(segment.stream, segment.first_seq - 1, segment.last_seq)\n"
        "    if {event.seq for event in held} >= set(range(segment.first_seq, segment.last_seq + 1)):\n"
        "        return Placement(state.id, (), (), None, (), (DUPLICATE,) * len(segment.ids), state)\n"
        "    return _weave(state, segment, held, erased)",
    ),
    Bug(
        "a receipt over a gap",
        "truthful",
        sync.responder,
        "_receipts",
        "if state is None or state.dangling or state.bare:",
        "if state is None:",
    ),
)
"""Each shows itself only on its own way: at once, after a fork, and after a restore under a session."""


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """The core with a bug."""
    source = inspect.getsource(bug.module)
    assert source.count(bug.before) == 1, f"{bug.name}: its text is not there, or not once"
    names = dict(vars(bug.module))
    exec(compile(source.replace(bug.before, bug.after), f"<{bug.name}>", "exec"), names)
    wrong = _function(names, bug.function)
    right = _function(vars(bug.module), bug.function)
    kept, right.__code__ = right.__code__, wrong.__code__
    try:
        yield
    finally:
        right.__code__ = kept


def _function(names: dict[str, object], path: str) -> object:
    first, *rest = path.split(".")
    return reduce(getattr, rest, names[first])

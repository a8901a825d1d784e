"""The session, explored exhaustively in small worlds: `python -m tests.model` does the same in wider bounds."""

from __future__ import annotations

import pytest

from sync.transitions import TRANSITIONS
from tests.model.explore import Exploration
from tests.model.planted import BUGS, Bug
from tests.model.report import Result, run_model
from tests.model.worlds import worlds


@pytest.fixture(scope="module")
def result() -> Result:
    return run_model(print, small=True)


def test_every_law_holds_in_every_state(result: Result) -> None:
    assert result.broken == []
    assert sum(explored.states for explored in result.explored.values()) > 15_000


def test_every_cell_of_the_transition_table_is_visited(result: Result) -> None:
    assert result.missing == []
    assert len(result.where) == sum(len(row) for row in TRANSITIONS.values())


def test_no_hostile_body_is_stored_or_loses_an_event(result: Result) -> None:
    assert result.blows > 90


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found_by_the_law_it_breaks(result: Result, bug: Bug) -> None:
    found = result.bugs[bug.name]
    assert found is not None
    assert found.law.startswith(bug.law)
    assert 0 < len(found.trace) < 12


def test_what_shows_a_fork_is_a_restore_and_another_event_of_its_number(result: Result) -> None:
    found = result.bugs["duplicate by number"]
    assert found is not None
    assert "comes back" in found.trace[-2]
    assert found.trace[-1] == "a writes"


def test_a_world_is_the_same_whenever_it_is_explored() -> None:
    world = next(world for world in worlds(small=True) if world.name == "two teams at one server")
    first, second = Exploration(world).run(), Exploration(world).run()
    assert (first.states, first.transitions, first.cells) == (second.states, second.transitions, second.cells)

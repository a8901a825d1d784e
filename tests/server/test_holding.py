"""A node tells players who holds a captured checkpoint, whenever that changes, and only where they may know."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
from loopback import START_MS
from served import DRAFT, NOW_MS, Device, opened, served_here, wayfold

from client_core.game.actions import HolderShown, decode_action
from client_core.game.checkpoints import Capture, Kind, Method
from client_core.game.publish import Draft
from client_core.game.showing import Showing, StandingsShown
from server import node as node_module
from server.db.tenants import TenantFiles
from server.games import publish_draft, save_draft
from server.holding import is_news, untold
from server.join_codes import add_join_code
from server.open_game import OpenGame
from server.tenancy import new_tenant
from sync.stream import GAME

MINUTE_MS = 60_000
HELD = 1
"""Checkpoint B; the others are plain."""
LIVE = Showing()
KINDS = (Kind((Method.GPS,), 50_000), Kind((Method.GPS,), 50_000, pay=Capture(2, 5 * MINUTE_MS)))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "TELL_AFTER_S", 0.02)


def found_game(folder: Path, showing: Showing = LIVE) -> str:
    """The game `park` with a checkpoint that can be held; a join code."""
    places = tuple(
        msgspec.structs.replace(one, kind=1 if number == HELD else 0) for number, one in enumerate(DRAFT.checkpoints)
    )
    draft: Draft = msgspec.structs.replace(DRAFT, kinds=KINDS, checkpoints=places, showing=showing)
    tenants = TenantFiles(folder)
    tenants.add(new_tenant("acme", "Acme", NOW_MS))
    with tenants.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "park", draft, NOW_MS)
        game = OpenGame(file, file.tenant, publish_draft(file, file.tenant, "park", NOW_MS))
        code = add_join_code(game.log, game.key, None, 100, NOW_MS).code
    tenants.close()
    return code


def told(folder: Path) -> list[HolderShown]:
    """What the node's file says that players were told, in the order it was told."""
    with opened(folder) as game:
        return sorted(game.board.register.shown.values(), key=lambda one: one.at_ms)


def wait_told(folder: Path, count: int) -> list[HolderShown]:
    deadline = time.monotonic() + 20
    while len(found := told(folder)) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def nothing_is_left_to_tell(folder: Path) -> bool:
    with opened(folder) as game:
        return untold(game, NOW_MS) is None


def test_whoever_takes_a_place_is_told_to_everybody_and_that_once(tmp_path: Path) -> None:
    code = found_game(tmp_path)
    with served_here(tmp_path) as client:
        ann, bob = (Device(client, name).join(code) for name in ("ann", "bob"))
        ann.check_in("A", START_MS + 1_000)
        ann.check_in("B", START_MS + 2_000)
        ann.sync()
        (first,) = wait_told(tmp_path, 1)
        assert (first.checkpoint, first.team, first.since_ms) == (HELD, ann.answer.team, START_MS + 2_000)
        assert nothing_is_left_to_tell(tmp_path)
        bob.check_in("B", START_MS + 3_000)
        bob.sync()
        _, second = wait_told(tmp_path, 2)
        assert (second.team, second.since_ms) == (bob.answer.team, START_MS + 3_000)
        bob.check_in("C", START_MS + 4_000)
        bob.sync()
        assert nothing_is_left_to_tell(tmp_path)
        ann.sync()
    heard = [
        decode_action(event.payload or b"")
        for state in ann.log.index.streams_of(GAME)
        for event in ann.log.read(state.id, 0, 0, state.branches[0].tip_seq)
    ]
    assert [one for one in heard if isinstance(one, HolderShown)] == [first, second]


def test_a_visit_that_staff_void_gives_the_place_back(tmp_path: Path) -> None:
    code = found_game(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        ann.check_in("B", START_MS + 2_000)
        ann.sync()
        wait_told(tmp_path, 1)
    wayfold("decide", "void", "park", "B", "--reason", "the post was gone", "--data", str(tmp_path))
    with opened(tmp_path) as game:
        batch = untold(game, NOW_MS + MINUTE_MS)
        assert batch is not None
        game.log.append(batch)
    assert [one.team for one in told(tmp_path)] == [ann.answer.team, None]
    assert nothing_is_left_to_tell(tmp_path)


@pytest.fixture(params=[StandingsShown.HIDDEN, StandingsShown.FROZEN])
def unseen(request: pytest.FixtureRequest) -> Showing:
    frozen_ms = START_MS if request.param is StandingsShown.FROZEN else None
    return Showing(standings=request.param, frozen_from_ms=frozen_ms)


def test_where_players_do_not_see_the_standings_live_nobody_is_told(tmp_path: Path, unseen: Showing) -> None:
    code = found_game(tmp_path, unseen)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        ann.check_in("B", START_MS + 2_000)
        ann.sync()
    with opened(tmp_path) as game:
        assert game.board.standings()[0].result.claims
        assert untold(game, NOW_MS) is None


RED, BLUE = b"R" * 16, b"B" * 16
TOLD = HolderShown(START_MS, HELD, RED, START_MS)
NOBODY = HolderShown(START_MS, HELD, None, START_MS)
NEWS = [
    # found: team, since; told before; told by an edge, told by the authority
    (RED, START_MS, None, True, True),
    (None, START_MS, None, False, False),
    (RED, START_MS, TOLD, False, False),
    (BLUE, START_MS + 1, TOLD, True, True),
    (BLUE, START_MS - 1, TOLD, False, True),  # an edge may lack what another node holds
    (None, START_MS + 1, TOLD, False, True),  # staff took the visit back
    (None, START_MS + 1, NOBODY, False, False),
    (RED, START_MS - 1, NOBODY, False, True),  # staff gave it back
    (RED, START_MS + 1, NOBODY, True, True),
]


@pytest.mark.parametrize(("team", "since_ms", "told_before", "by_edge", "by_hq"), NEWS)
def test_an_edge_tells_what_is_newer_and_only_the_authority_takes_something_back(
    team: bytes | None, since_ms: int, told_before: HolderShown | None, by_edge: bool, by_hq: bool
) -> None:
    found = [is_news(team, since_ms, told_before, by_authority=one) for one in (False, True)]
    assert found == [by_edge, by_hq]

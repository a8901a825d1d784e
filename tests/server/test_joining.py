"""Joining over HTTP: codes as people type them, what a device is told, and every "no"."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from nodes import key_of
from served import Device, found_tenant, opened, served_here

from client_core.game.joining import JoinRequest
from server import joining, tenancy
from server.join_codes import add_join_code
from server.node import Node
from server.problems import Problem
from server.settings import Settings
from sync.frame import encode_body
from sync.messages import Hello, Statements
from sync.statement import Authority, Delegation, Enrolment
from sync.stream import ALL, GAME, scope_of, team_audience


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "no dash", "misread"])
def test_a_code_is_forgiven_how_it_was_typed(tmp_path: Path, typed: str) -> None:
    code = found_tenant(tmp_path)
    spelled = {
        "lower": code.lower(),
        "no dash": code.replace("-", " "),
        "misread": code.replace("0", "O").replace("1", "l"),
    }.get(typed, typed.format(code))
    with served_here(tmp_path) as client:
        assert Device(client, "ann").ask_to_join(spelled).status_code == 200


def test_what_a_device_is_told_lets_it_show_any_node_that_it_may_play(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code, "Foxes")
        answer = device.answer
        assert device.log.index.directory.scope_of(device.key.public_key) == device.scope
        package = client.get("/api/v1/acme/games/park/package")
        assert package.headers["etag"] == f'"{answer.package_hash.hex()}"'
        assert (answer.team_name, answer.team_number) == ("Foxes", 1)
        assert answer.upstreams == (f"/sync/v1/acme/{answer.game.hex()}",)


def test_joining_again_with_the_same_key_is_answered_the_same(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, uses=1)
    with served_here(tmp_path) as client:
        device = Device(client, "ann")
        first = device.ask_to_join(code, "Foxes")
        assert device.ask_to_join(code, "Another name").content == first.content


def test_two_devices_get_two_teams_with_numbers_of_their_own(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann, bob = Device(client, "ann").join(code), Device(client, "bob").join(code)
        assert ann.answer.team != bob.answer.team
        assert (ann.answer.team_number, bob.answer.team_number) == (1, 2)


def test_a_code_of_a_team_leads_every_device_into_it(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code, "Foxes")
        with opened(tmp_path) as game:
            team = game.board.teams[ann.answer.team]
            shared = add_join_code(game.log, game.key, team, 5, 1).code
        bob = Device(client, "bob").join(shared, "ignored")
        assert bob.answer.team == ann.answer.team
        assert bob.answer.team_name == "Foxes"
        other = Device(client, "eve").join(code, "Hawks")
        left = other.answer.team
        assert other.join(shared).answer.team == ann.answer.team
        assert other.join(code, "Hawks").answer.team == ann.answer.team, "asked again, it stays where it is"
        with opened(tmp_path) as game:
            back = add_join_code(game.log, game.key, game.board.teams[left], 5, 1).code
        assert other.join(back).answer.team == left
        with opened(tmp_path) as game:
            scope = game.log.index.directory.scope_of(other.key.public_key)
        assert scope == scope_of(GAME, team_audience(left), team_audience(ann.answer.team))


@pytest.mark.parametrize(
    ("code", "team", "status", "word"),
    [
        ("AAAA-AAAA", "Foxes", 403, "join_code_unknown"),
        ("not a code at all", "Foxes", 403, "join_code_unknown"),
        ("right", " ", 400, "bad_request"),
        ("right", "nul\x00", 400, "bad_request"),
        ("right", "x" * 300, 400, "bad_request"),
    ],
)
def test_what_cannot_join_is_told_why_and_nothing_is_stored(
    tmp_path: Path, code: str, team: str, status: int, word: str
) -> None:
    right = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        refused = Device(client, "ann").ask_to_join(right if code == "right" else code, team)
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.status_code, refused.json()["code"]) == (status, word)
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"] == []


def test_a_used_up_code_lets_nobody_in_any_more(tmp_path: Path) -> None:
    code = found_tenant(tmp_path, uses=2)
    with served_here(tmp_path) as client:
        assert [Device(client, name).ask_to_join(code).status_code for name in "abc"] == [200, 200, 403]
        assert Device(client, "c").ask_to_join(code).json()["code"] == "join_code_used_up"


def test_a_game_has_only_as_many_devices_as_it_may_have(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path, devices_per_game_max=2) as client:
        assert [Device(client, name).ask_to_join(code).status_code for name in "abc"] == [200, 200, 409]


def test_a_code_of_one_tenant_opens_no_game_of_another(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    found_tenant(tmp_path, "other")
    with served_here(tmp_path) as client:
        refused = Device(client, "ann").ask_to_join(code, where="other/games/park")
        assert refused.json()["code"] == "join_code_unknown"


def test_a_key_of_small_order_is_no_key(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann")
        device.key.public_key = bytes(32)
        assert device.ask_to_join(code).json()["code"] == "bad_request"


def test_a_code_is_hashed_at_rest(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    letters = code.replace("-", "").encode()
    for path in (tmp_path / "tenants").iterdir():
        data = path.read_bytes()
        assert letters not in data
        assert code.encode() not in data


def test_no_device_is_enrolled_for_everything(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        device = Device(client, "ann").join(code)
    with opened(tmp_path) as game:
        assert game.log.index.directory.scope_of(device.key.public_key) not in {ALL, ()}


def test_what_strangers_claim_is_handed_to_nobody_who_joins(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        for number in range(30):
            liar = key_of(f"liar {number}")
            lies = (
                tenancy.issue(ann.game, GAME, liar, Authority(liar.public_key, 9)),
                tenancy.issue(ann.game, GAME, liar, Delegation(liar.public_key, ALL, 9)),
                tenancy.issue(ann.game, ann.audience, liar, Enrolment(ann.key.public_key, ann.scope, 0)),
            )
            hello = Hello((1, 1), ann.key.public_key, ann.game.tenant, ann.game.game, ann.scope)
            ann.exchange(encode_body([hello, Statements(lies)]))
        with opened(tmp_path) as game:
            assert len(game.log.index.statement_audiences) > 90
        again = Device(client, "ann").join(code)
        assert again.answer.statements == ann.answer.statements
        assert len(Device(client, "bob").join(code).answer.statements) == len(ann.answer.statements)


def test_more_devices_at_once_than_can_wait_are_asked_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = found_tenant(tmp_path)
    monkeypatch.setattr(joining, "WAITING_MAX", 3)

    async def test() -> None:
        node = Node(Settings(data_folder=str(tmp_path)))
        await node.start()
        with node.game("acme", "park") as game:
            asked = [JoinRequest(code=code, public_key=key_of(str(n)).public_key, team_name=str(n)) for n in range(8)]
            found = await asyncio.gather(
                *(node.joiner.join(game, request, (), 1) for request in asked), return_exceptions=True
            )
            assert [one.code for one in found if isinstance(one, Problem)] == ["busy"] * 5
            await node.joiner.join(game, asked[-1], (), 1)
        await node.stop()

    asyncio.run(test())

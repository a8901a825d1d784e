"""Teams from a table: registered once, with members, cards and starts; what is wrong is told by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loopback import HOUR_MS, START_MS
from msgspec.structs import replace
from served import NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Member
from client_core.game.entrants import Category, MemberRule, Presence, Sex
from client_core.game.publish import Draft, DraftCheckpoint, DraftError
from client_core.game.timing import StartList
from server.card_import import write_all
from server.db.tenants import TenantFiles
from server.games import publish_draft, save_draft
from server.team_import import plan_teams
from sync.stream import GAME

TABLE = """number;name;members;birth_years;sexes;telephones;cards;categories;start
7;Foxes;Ann|Bob;1990|2015;f|m;+44 1|;501|502;Mixed;10:02
8;Owls;Cyd;;;;;;2022-06-04T10:04:00
;Solo;;;;;503;;
"""


def published(folder: Path, **changes: Any) -> None:
    found_tenant(folder)
    settings: dict[str, Any] = {
        "name": "Teams",
        "time_zone": "Europe/London",
        "opens_at_ms": START_MS - HOUR_MS,
        "closes_at_ms": START_MS + 6 * HOUR_MS,
        "start": StartList(),
        "categories": (Category("X", "Mixed", female_min=1, male_min=1),),
        "checkpoints": (DraftCheckpoint("31", at=(0.0, 51.0)),),
    }
    tenants = TenantFiles(folder)
    with tenants.open("acme") as file:
        assert file.tenant is not None
        save_draft(file, "teams", Draft(**settings | changes), NOW_MS)
        publish_draft(file, file.tenant, "teams", NOW_MS)
    tenants.close()


def test_a_table_registers_teams_members_cards_and_starts_once(tmp_path: Path) -> None:
    published(tmp_path)
    with opened(tmp_path, name="teams") as game:
        plan = plan_teams(game, TABLE.encode(), "teams.csv", NOW_MS)
        assert (plan.rows, plan.new_teams, plan.members) == (3, 3, 4)
        write_all(game, plan.actions)
    with opened(tmp_path, name="teams") as game:
        teams = {team.name: team for team in game.board.teams.values()}
        assert [teams[name].number for name in ("Foxes", "Owls", "Solo")] == [7, 8, 1]
        assert teams["Foxes"].categories == ("X",)
        foxes, owls = teams["Foxes"].start_at_ms, teams["Owls"].start_at_ms
        assert foxes is not None
        assert owls is not None
        assert owls - foxes == 2 * 60_000
        members = game.board.register.members[teams["Foxes"].id]
        assert [(one.member, one.birth_year, one.sex, one.badge, one.minor) for one in members] == [
            (1, 1990, Sex.FEMALE, "501", False),
            (2, 2015, Sex.MALE, "502", True),
        ]
        assert [one.badge for one in game.board.register.members[teams["Solo"].id]] == ["503"]
        again = plan_teams(game, TABLE.encode(), "teams.csv", NOW_MS + 5)
        assert not any(again.actions.values())
        assert again.known_already == 4


def test_a_team_that_made_itself_with_a_general_code_is_given_members_while_it_plays(tmp_path: Path) -> None:
    code = found_tenant(tmp_path)
    table = tmp_path / "teams.csv"
    table.write_text("name,members\nFoxes,Ann|Ben\n")
    with served_here(tmp_path) as client:
        phone = Device(client, "ann").join(code, "Foxes")
        assert phone.answer.members == ()
        phone.check_in("A")
        phone.sync()
        wayfold("game", "teams", "park", str(table), "--data", str(tmp_path))
        (line,) = client.get("/api/v1/acme/games/park/standings").json()["teams"]
        assert (line["name"], line["score"]) == ("Foxes", 10)
    with opened(tmp_path) as game:
        (members,) = game.board.register.members.values()
        assert [(one.team, one.member) for one in members] == [(phone.answer.team, 1), (phone.answer.team, 2)]


def test_a_bar_at_the_end_of_a_cell_makes_no_member(tmp_path: Path) -> None:
    published(tmp_path, members=MemberRule(Presence.ALL))
    table = "name,members,birth_years,badges\nFoxes,Ann|Bob|,1990||,501|502 |\nOwls,|,|,\nBears,|Cyd,,\n"
    with opened(tmp_path, name="teams") as game:
        write_all(game, plan_teams(game, table.encode(), "teams.csv", NOW_MS).actions)
    with opened(tmp_path, name="teams") as game:
        team_of = {team.name: team.id for team in game.board.teams.values()}
        members = game.board.register.members
        of = {name: [note.member for note in members.get(team, ())] for name, team in team_of.items()}
    assert of == {"Foxes": [1, 2], "Owls": [], "Bears": [1, 2]}


def test_what_changed_in_the_table_is_written_and_a_device_stays_its_members(tmp_path: Path) -> None:
    published(tmp_path)
    with opened(tmp_path, name="teams") as game:
        write_all(game, plan_teams(game, TABLE.encode(), "teams.csv", NOW_MS).actions)
    with opened(tmp_path, name="teams") as game:
        foxes = next(team for team in game.board.teams.values() if team.name == "Foxes")
        ann = game.board.register.members[foxes.id][0]
        key = bytes(range(32))
        write_all(game, {GAME: [replace(ann, at_ms=NOW_MS + 1, device=key)]})
    with opened(tmp_path, name="teams") as game:
        changed = TABLE.replace("Foxes", "Red Foxes").replace("501", "601").replace("10:02", "")
        plan = plan_teams(game, changed.encode(), "teams.csv", NOW_MS + 2)
        assert (plan.new_teams, plan.changed_teams, plan.members) == (0, 1, 1)
        write_all(game, plan.actions)
    with opened(tmp_path, name="teams") as game:
        team = game.board.teams[foxes.id]
        assert (team.name, team.start_at_ms) == ("Red Foxes", foxes.start_at_ms)
        now: Member = game.board.register.members[foxes.id][0]
        assert (now.badge, now.device) == ("601", key)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("7;;;;;;;;", "the team's name is empty"),
        ("x;Foxes;;;;;;;", "number is 'x'"),
        ("0;Foxes;;;;;;;", "1 to 1000000"),
        ("5;Foxes;;;;;;;", "number 5 stands in teams.csv:2 too"),
        ("7;Foxes;Ann;90;;;;;", "four digits are needed"),
        ("7;Foxes;Ann;;q;;;;", "f, m or x"),
        ("7;Foxes;Ann;;;;500;;", "badge '500' stands in teams.csv:2 too"),
        ("7;Foxes;Ann;;;;;Mixd;", "did you mean"),
        ("7;Foxes;Ann;;;;;;25:00", "a time is needed"),
        (f"7;Foxes;{'|'.join(['A'] * 64)};;;;;;", "a team has at most 63"),
        (f"7;Foxes;Ann;;;{'1' * 40};;;", "more than 32 characters"),
    ],
)
def test_a_slip_keeps_the_whole_table_out(tmp_path: Path, line: str, says: str) -> None:
    published(tmp_path, categories=(Category("Mixed", "Mixed"),))
    table = f"{TABLE.splitlines()[0]}\n5;First;;;;;500;;\n{line}\n"
    with opened(tmp_path, name="teams") as game, pytest.raises(DraftError) as caught:
        plan_teams(game, table.encode(), "teams.csv", NOW_MS)
    (finding,) = caught.value.findings
    assert finding.where == "teams.csv:3"
    assert says in finding.detail


def test_members_without_a_card_are_told_of_where_every_member_counts(tmp_path: Path) -> None:
    published(tmp_path, members=MemberRule(Presence.ALL))
    file = tmp_path / "teams.csv"
    file.write_text(TABLE)
    said = wayfold("game", "teams", "teams", str(file), "--dry-run", "--data", str(tmp_path))
    assert "3 lines: 3 new teams, 0 changed teams and 4 members would be written" in said.stdout
    assert "1 members have neither badge nor card" in said.stderr

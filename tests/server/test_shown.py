"""What players see of the standings and when: live, frozen, hidden; how complete it is; splits; what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import served
from loopback import HOUR_MS, START_MS
from served import DRAFT, NOW_MS, Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Member
from client_core.game.checkpoints import FirstFinders, Kind
from client_core.game.entrants import Category
from client_core.game.roles import Role
from client_core.game.showing import Showing, StandingsShown
from server import own_stream
from server.shown import LOOKS_MAX, Shown
from server.staff import add_staff_code
from sync.stream import GAME

MINUTE_MS = 60_000
BOARD = "/api/v1/acme/games/park/standings"
FREEZE_MS = START_MS + 20 * MINUTE_MS


def minutes(count: float) -> int:
    return START_MS + round(count * MINUTE_MS)


@contextmanager
def node(folder: Path, now_ms: int, **changes: Any) -> Iterator[Any]:
    """A node serving the game with these changes; its clock stands at `client.now_ms`."""
    kept = served.DRAFT
    served.DRAFT = msgspec.structs.replace(DRAFT, **changes)
    try:
        code = found_tenant(folder)
    finally:
        served.DRAFT = kept
    with served_here(folder, now_ms) as client:
        client.join_code, client.folder = code, folder
        yield client


def device(client: Any, name: str, **visits: float) -> Device:
    """A team's device that was at these checkpoints, so many minutes after the start, and synced."""
    found = Device(client, name).join(client.join_code)
    for code, at in visits.items():
        found.check_in(code, minutes(at))
    if visits:
        found.sync()
    return found


def lines(client: Any, path: str = BOARD) -> dict[str, tuple[Any, ...]]:
    return {one["bib"]: (one["place"], one["score"]) for one in client.get(path).json()["teams"]}


def staff_pass(client: Any, role: Role = Role.KIOSK) -> None:
    with opened(client.folder) as game:
        code = add_staff_code(game.log, game.key, role, "Desk", START_MS)
    client.post("/acme/park/staff/enter", data={"code": code})


def test_frozen_standings_show_what_was_done_up_to_then_until_the_result_is_final(tmp_path: Path) -> None:
    showing = Showing(standings=StandingsShown.FROZEN, frozen_from_ms=FREEZE_MS)
    with node(tmp_path, FREEZE_MS + MINUTE_MS, showing=showing) as client:
        owls = device(client, "Owls", A=5, B=25)
        device(client, "Foxes", A=6)
        board = client.get(BOARD).json()
        assert (board["shown"], board["frozen_from_ms"], board["as_of_ms"]) == ("frozen", FREEZE_MS, FREEZE_MS)
        assert lines(client) == {"1": (1, 10), "2": (2, 10)}
        etag = client.get(BOARD).headers["etag"]
        owls.check_in("C", minutes(26))
        owls.sync()
        assert client.get(BOARD, headers={"If-None-Match": etag}).status_code == 304
        owls.check_in("D", minutes(10))  # told late, done before
        owls.sync()
        assert lines(client) == {"1": (1, 20), "2": (2, 10)}
        assert client.get("/api/v1/acme/games/park/explain/Owls").json()["score"] == 20
        assert [one["code"] for one in client.get("/api/v1/acme/games/park/splits/1").json()] == ["A", "D"]
        page = client.get("/acme/park").text
        assert "Frozen: as it was at 11:20, until the result is final" in page
        assert client.get("/acme/park/staff/standings.json").json()["code"] == "staff_only"
        staff_pass(client)
        assert lines(client, "/acme/park/staff/standings.json") == {"1": (1, 40), "2": (2, 10)}
        assert "Provisional" in client.get("/acme/park/staff/standings").text
        wayfold("finalise", "park", "--data", str(tmp_path))
        board = client.get(BOARD).json()
        assert (board["shown"], board["final"], board["provisional"]) == ("live", 0, False)
        assert lines(client) == {"1": (1, 40), "2": (2, 10)}
        assert "Final result" in client.get("/acme/park").text


def test_before_the_freezing_the_same_game_is_live(tmp_path: Path) -> None:
    showing = Showing(standings=StandingsShown.FROZEN, frozen_from_ms=FREEZE_MS)
    with node(tmp_path, FREEZE_MS - 1, showing=showing) as client:
        device(client, "Owls", A=5)
        assert client.get(BOARD).json()["shown"] == "live"


def test_hidden_standings_say_so_and_give_nothing_away(tmp_path: Path) -> None:
    with node(tmp_path, NOW_MS, showing=Showing(standings=StandingsShown.HIDDEN)) as client:
        device(client, "Owls", A=5)
        board = client.get(BOARD).json()
        assert (board["shown"], board["teams"], board["events"]) == ("hidden", [], 0)
        page = client.get("/acme/park").text
        assert "Hidden: the standings are shown when the result is final" in page
        assert "Owls" not in page
        for path in ("/api/v1/acme/games/park/explain/1", "/api/v1/acme/games/park/splits/1", "/acme/park/team/1"):
            refused = client.get(path)
            assert (refused.status_code, "Owls" in refused.text) == (403, False)
            assert refused.json()["code"] == "standings_hidden"
        staff_pass(client)
        assert "Owls" in client.get("/acme/park/staff/standings").text
        assert "Owls" in client.get("/acme/park/staff/team/1").text


def test_the_page_says_how_many_devices_were_heard_and_how_long_ago_the_oldest(tmp_path: Path) -> None:
    with node(tmp_path, minutes(30)) as client:
        device(client, "Owls", A=5)
        device(client, "Foxes", A=7)
        device(client, "Bears")
        board = client.get(BOARD).json()
        assert (board["devices"], board["devices_heard"], board["oldest_heard_ms"]) == (3, 2, minutes(5))
        assert "2 of 3 devices heard, the oldest 25 min ago" in client.get("/acme/park").text
        device(client, "Owls II", A=8, FIN=9)
        assert client.get(BOARD).json()["oldest_heard_ms"] == minutes(5)


def test_points_across_teams_may_change_until_everybody_was_heard_beyond_them(tmp_path: Path) -> None:
    plain = Kind(DRAFT.methods, DRAFT.accuracy_mm_max)
    kinds = (plain, msgspec.structs.replace(plain, pay=FirstFinders((7,))))
    marked = tuple(msgspec.structs.replace(one, kind=int(one.code == "A")) for one in DRAFT.checkpoints)
    with node(tmp_path, minutes(30), checkpoints=marked, kinds=kinds) as client:
        owls_device = device(client, "Owls", A=5)
        foxes = device(client, "Foxes")

        def owls() -> tuple[Any, ...]:
            line = next(one for one in client.get(BOARD).json()["teams"] if one["name"] == "Owls")
            return (line["name"], line["score"], line["provisional"])

        assert owls() == ("Owls", 17, True)
        assert "may still change" in client.get("/acme/park").text
        foxes.check_in("B", minutes(4))
        foxes.sync()
        assert owls() == ("Owls", 17, True)
        foxes.check_in("C", minutes(6))
        foxes.sync()
        assert owls() == ("Owls", 17, True)  # the Owls themselves were heard up to then, not beyond
        owls_device.check_in("B", minutes(8))
        owls_device.sync()
        assert owls() == ("Owls", 27, False)
        told = client.get("/api/v1/acme/games/park/explain/Owls").json()
        assert (told["score"], sum(line["points"] for line in told["lines"])) == (27, 27)
        assert [line["points"] for line in told["lines"] if line["code"] == "first"] == [7]
        assert json.loads(wayfold("explain", "park", "Owls", "--json", "--data", str(tmp_path)).stdout) == told


def test_categories_and_members_have_standings_of_their_own(tmp_path: Path) -> None:
    categories = (Category("W", "Women", assigned_only=True), Category("M", "Men & boys", assigned_only=True))
    with node(tmp_path, NOW_MS, categories=categories) as client:
        owls = device(client, "Owls", A=5)
        device(client, "Foxes", A=6, B=9)
        data = ("--reason", "entered so", "--data", str(tmp_path))
        wayfold("decide", "category", "park", "Owls", "W", *data)
        wayfold("decide", "category", "park", "Foxes", "M", *data)
        with opened(tmp_path) as game:
            notes = [Member(START_MS, owls.answer.team, number) for number in (1, 2)]
            notes[0] = msgspec.structs.replace(notes[0], device=owls.key.public_key)
            game.log.append(own_stream.write(game.log.index, game.key, GAME, notes))
        assert lines(client, f"{BOARD}?category=W") == {"1": (1, 10)}
        assert lines(client, f"{BOARD}?by=member")["1.1"] == (2, 10)
        assert lines(client, f"{BOARD}?by=member&category=W") == {"1.1": (1, 10), "1.2": (2, 0)}
        page = client.get("/acme/park?category=M").text
        assert '<a href="/acme/park?category=M" aria-current="page">Men &amp; boys</a>' in page
        assert "Teams of Men &amp; boys in order of place" in page
        assert "Owls" not in page
        assert "/team/1.2" in client.get("/acme/park?by=member").text
        assert client.get("/acme/park/team/1.1").status_code == 200
        refused = client.get(f"{BOARD}?category=X").json()
        assert (refused["code"], "there are W, M" in refused["detail"]) == ("bad_request", True)
        assert "1.1, 1.2" in client.get("/acme/park/team/1.9").json()["detail"]


def test_splits_give_legs_and_running_totals_in_the_order_of_times(tmp_path: Path) -> None:
    with node(tmp_path, NOW_MS) as client:
        device(client, "<Owls>", C=12, A=5, B=30, FIN=47)
        data = ("--reason", "seen", "--data", str(tmp_path))
        wayfold("decide", "grant", "park", "1", "D", *data)
        wayfold("decide", "points", "park", "1", "-3", *data)
        splits = client.get("/api/v1/acme/games/park/splits/1").json()
        told = [(one["code"], one["leg_ms"], one["total_ms"], one["total_points"], one["granted"]) for one in splits]
        assert told == [
            ("A", 5 * MINUTE_MS, 5 * MINUTE_MS, 10, False),
            ("C", 7 * MINUTE_MS, 12 * MINUTE_MS, 20, False),
            ("B", 18 * MINUTE_MS, 30 * MINUTE_MS, 30, False),
            ("FIN", 17 * MINUTE_MS, 47 * MINUTE_MS, 40, False),
            ("D", None, None, 50, True),
        ]
        page = client.get("/acme/park/team/1").text
        for part in (
            "&lt;Owls&gt;",
            "7:00",
            "12:00",
            "granted by staff",
            "\N{MINUS SIGN}20",
            "\N{MINUS SIGN}3",
            "<strong>27",
        ):
            assert part in page
        assert client.get("/acme/park/team/9").json()["code"] == "team_unknown"


def test_a_viewer_who_names_the_last_look_is_told_what_changed_since(tmp_path: Path) -> None:
    with node(tmp_path, NOW_MS) as client:
        owls = device(client, "Owls", A=5)
        device(client, "<Foxes>", A=6)
        version = client.get(BOARD).json()["version"]
        changes = client.get(f"{BOARD}/changes", params={"since": version}).json()
        assert (changes["known"], changes["changed"]) == (True, [])
        assert "Nothing changed." in client.get("/acme/park", params={"since": version}).text
        wayfold("decide", "points", "park", "2", "50", "--reason", "found the map", "--data", str(tmp_path))
        owls.check_in("B", minutes(9))
        owls.sync()
        changed = client.get(f"{BOARD}/changes", params={"since": version}).json()["changed"]
        assert [
            (one["bib"], one["place_before"], one["place"], one["score_before"], one["score"]) for one in changed
        ] == [
            ("2", 2, 1, 10, 60),
            ("1", 1, 2, 10, 20),
        ]
        page = client.get("/acme/park", params={"since": version}).text
        assert "&lt;Foxes&gt; #2: place 2 to 1, 10 to 60 points" in page
        unknown = client.get(f"{BOARD}/changes", params={"since": "0-0-0"}).json()
        assert (unknown["known"], unknown["changed"]) == (False, [])
        assert "does not remember that look" in client.get("/acme/park?since=%3Cscript%3E").text


def test_looks_are_remembered_in_bounded_number(tmp_path: Path) -> None:
    with node(tmp_path, NOW_MS) as client:
        device(client, "Owls", A=5)
        with opened(tmp_path) as game:
            shown = Shown(game)
            board = shown.staff()
            for number in range(LOOKS_MAX + 50):
                shown.remember(msgspec.structs.replace(board, version=str(number)))
            assert not shown.changes(board, "0").known
            assert shown.changes(board, str(LOOKS_MAX + 49)).known


@pytest.mark.parametrize(
    "path", ["/acme/park/staff/standings", "/acme/park/staff/team/1", "/acme/park/staff/standings/events"]
)
def test_the_standings_of_staff_need_a_pass(tmp_path: Path, path: str) -> None:
    with node(tmp_path, NOW_MS) as client:
        device(client, "Owls", A=5)
        refused = client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "staff_only")


def test_after_the_close_points_across_teams_are_settled(tmp_path: Path) -> None:
    with node(tmp_path, START_MS + 4 * HOUR_MS) as client:
        device(client, "Owls", A=5)
        assert not any(one["provisional"] for one in client.get(BOARD).json()["teams"])


def test_splits_are_printed_by_command_too(tmp_path: Path) -> None:
    with node(tmp_path, NOW_MS) as client:
        device(client, "Owls", A=5, B=12)
    data = ("--data", str(tmp_path))
    out = wayfold("splits", "park", "Owls", *data).stdout
    assert [line.split()[:6] for line in out.splitlines()[1:]] == [
        ["A", "11:05:00", "5:00", "5:00", "10", "10"],
        ["B", "11:12:00", "7:00", "12:00", "10", "20"],
    ]
    assert "no format '4h': the game has none" in wayfold("standings", "park", "--played", "4h", *data, code=3).stderr

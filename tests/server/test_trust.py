"""What the organiser does when a phone, an edge or HQ itself cannot be trusted any more, by the commands they type."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
import served
from loopback import START_MS
from nodes import key_of
from served import Device, found_tenant, opened, served_here, wayfold

from client_core.game.actions import Answer, GamePublished, MemberNamed, encode_action
from client_core.game.answers import answer_hash
from client_core.game.challenges import Challenge, Form, Hashed, Interval, Judged
from client_core.game.standings import team_digest
from client_core.signing import SigningKey
from server import own_stream, tenancy
from server.db.tenants import TenantFiles
from server.erasing import erase, erase_due, events_of_member
from server.restoring import restore
from server.revoking import revoke
from server.scoreboard import fold_team
from sync.batch import Batch
from sync.initiator import Initiating
from sync.intake import STRANGER_EVENT_BYTES
from sync.memory_log import MemoryLog
from sync.placement import signed_heads
from sync.statement import Delegation, Enrolment
from sync.stream import ALL, GAME, STAFF


def score(folder: Path) -> int:
    with opened(folder) as game:
        return sum(result.points for result in game.board.results())


def key_name(name: str) -> str:
    return key_of(name).public_key.hex()[:12]


@pytest.fixture
def code(tmp_path: Path) -> str:
    return found_tenant(tmp_path)


def test_a_revoked_phones_later_events_are_held_and_what_was_there_counts_on(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        ann.check_in("A")
        ann.sync()
        wayfold("device", "revoke", "park", key_name("ann"), "--data", str(tmp_path))
        ann.check_in("B")
        report = ann.sync()
        assert report.verdicts["held"] == 1
        assert "not_enrolled" in {problem.code for problem in report.problems}
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["points"] == 10
    listed = json.loads(wayfold("device", "list", "park", "--json", "--data", str(tmp_path)).stdout)
    assert [line["revoked"] for line in listed if line["key"].startswith(key_name("ann"))] == [True]
    wayfold("device", "revoke", "park", key_name("ann"), "--data", str(tmp_path))
    assert score(tmp_path) == 20, "said again, what has come in until then counts"


def test_what_a_revoked_phone_wrote_before_takes_no_room_of_what_may_wait(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        for _ in range(20):
            ann.check_in("A")
        ann.sync()
        wayfold("device", "revoke", "park", key_name("ann"), "--data", str(tmp_path))
        for _ in range(3):
            ann.check_in("B")
            assert ann.sync().verdicts["held"] == 1
    with opened(tmp_path) as game:
        assert 3 * STRANGER_EVENT_BYTES < game.strangers.bytes_held < 6 * STRANGER_EVENT_BYTES


def test_a_phone_that_was_stolen_before_the_game_counts_for_nothing(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        ann.check_in("A")
        ann.sync()
    wayfold("device", "revoke", "park", key_name("ann"), "--keep-nothing", "--data", str(tmp_path))
    assert score(tmp_path) == 0


def test_devices_that_a_burned_edge_enrolled_play_on_and_others_with_its_key_do_not(tmp_path: Path, code: str) -> None:
    edge = SigningKey(b"e" * 32)
    with served_here(tmp_path) as client, opened(tmp_path) as game:
        ann = Device(client, "ann").join(code)
        delegation = Delegation(edge.public_key, ALL, 100)
        said = (tenancy.issue(game.log.game, GAME, game.key, delegation),)
        bob, eve = key_of("bob"), key_of("eve")

        def enrols(key: SigningKey, number: int):
            return tenancy.issue(game.log.game, ann.audience, edge, Enrolment(key.public_key, ann.scope, number))

        game.log.append(Batch(statements=(*said, enrols(bob, 0))))
        revoke(game, edge.public_key)
        game.log.append(Batch(statements=(enrols(eve, 0), enrols(eve, 1))))
        directory = game.log.index.directory
        assert directory.scope_of(bob.public_key) == ann.scope
        assert directory.scope_of(eve.public_key) == ()


def test_more_enrolments_of_an_edge_than_one_statement_names_are_said_again_by_hq(tmp_path: Path, code: str) -> None:
    edge = SigningKey(b"e" * 32)
    with opened(tmp_path) as game:
        statements = [tenancy.issue(game.log.game, GAME, game.key, Delegation(edge.public_key, ALL, 100))]
        keys = [key_of(f"device {number}").public_key for number in range(80)]
        statements += [
            tenancy.issue(game.log.game, GAME, edge, Enrolment(key, (GAME,), number)) for number, key in enumerate(keys)
        ]
        game.log.append(Batch(statements=tuple(statements)))
        revoke(game, edge.public_key)
        assert all(game.log.index.directory.scope_of(key) == (GAME,) for key in keys)


def test_a_new_authority_key_leaves_everybody_enrolled_and_the_old_one_powerless(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        ann.check_in("A")
        ann.sync()
    with opened(tmp_path) as game:
        old = game.key
    wayfold("tenant", "rotate-key", "acme", "--stolen", "--data", str(tmp_path))
    with served_here(tmp_path) as client, opened(tmp_path) as game:
        ann.client = client
        ann.check_in("B")
        assert ann.sync().converged
        bob = Device(client, "bob").join(code)
        bob.check_in("A")
        assert bob.sync().converged
        assert not game.log.index.directory.is_authority(old.public_key)
        assert game.log.index.directory.is_authority(game.key.public_key)
    assert score(tmp_path) == 30


def test_a_role_is_given_and_taken_back_by_a_command(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        Device(client, "ann").join(code)
    for role in (40, 7, 0):
        wayfold("staff", "add", "park", key_name("ann"), str(role), "--data", str(tmp_path))
        with opened(tmp_path) as game:
            assert game.log.index.directory.role_of(key_of("ann").public_key) == role
    assert len(json.loads(wayfold("staff", "list", "park", "--json", "--data", str(tmp_path)).stdout)) == 1


def backed_up(folder: Path) -> Path:
    """A copy of the tenant's file, taken while nobody writes."""
    backup = folder / "backup.sqlite"
    with opened(folder) as game:
        game.file.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(folder / "tenants" / "acme.sqlite", backup)
    return backup


def own_streams(folder: Path) -> set[bytes]:
    with opened(folder) as game:
        return {s.id for s in game.log.index.streams.values() if s.key.public_key == game.key.public_key}


def test_a_server_restored_from_a_backup_gets_back_what_its_devices_hold_and_signs_nothing_meanwhile(
    tmp_path: Path, code: str
) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
    backup = backed_up(tmp_path)
    with served_here(tmp_path) as client:
        ann.client = client
        ann.check_in("A")
        ann.sync()
    epoch = ann.log.receipts(list(ann.log.index.streams))[0].epoch
    wayfold("restore", "acme", str(backup), "--data", str(tmp_path))
    assert score(tmp_path) == 0
    assert "say --go" in wayfold("tenant", "heal", "acme", "--data", str(tmp_path)).stdout
    with served_here(tmp_path) as client:
        ann.client = client
        assert Device(client, "bob").ask_to_join(code).json()["code"] == "healing"
        assert ann.sync().converged
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["points"] == 10
        (receipt,) = ann.log.receipts([s.id for s in ann.log.index.streams.values() if s.key == ann.stream])
        assert receipt.epoch != epoch
        wayfold("tenant", "heal", "acme", "--go", "--data", str(tmp_path))
        assert Device(client, "bob").ask_to_join(code).status_code == 200


def test_two_lives_from_one_backup_never_write_in_the_same_stream(tmp_path: Path, code: str) -> None:
    backup = backed_up(tmp_path)
    before = own_streams(tmp_path)
    lives = []
    for _ in range(2):
        restore(TenantFiles(tmp_path), "acme", backup)
        with opened(tmp_path) as game:
            game.log.append(own_stream.write(game.log.index, game.key, GAME, [GamePublished(1, b"p" * 32)]))
        lives.append(own_streams(tmp_path) - before)
    assert all(lives)
    assert not lives[0] & lives[1]


def test_a_server_set_back_without_a_word_goes_on_in_a_new_stream_once_it_is_shown_its_own(
    tmp_path: Path, code: str
) -> None:
    backup = backed_up(tmp_path)
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        ann.sync()
    wal = tmp_path / "tenants" / "acme.sqlite-wal"
    wal.unlink(missing_ok=True)
    shutil.copyfile(backup, tmp_path / "tenants" / "acme.sqlite")
    with opened(tmp_path) as game:
        epoch, forgotten = game.log.state.restore_epoch, len(game.board.teams)
        (published,) = (
            own_streams(tmp_path)
            & set(game.log.index.streams)
            & {s.id for s in game.log.index.streams.values() if s.key.audience == GAME}
        )
    assert forgotten == 0
    with served_here(tmp_path) as client:
        ann.client = client
        ann.sync()
    with opened(tmp_path) as game:
        assert game.log.state.restore_epoch != epoch
        assert game.log.healing
        assert len(game.board.teams) == 1, "the registration came back from the phone"
        game.log.append(own_stream.write(game.log.index, game.key, GAME, [GamePublished(2, b"p" * 32)]))
        state = game.log.index.streams[published]
        assert len(signed_heads(state)) == 1, "nothing was written beside what had been"


def test_a_restored_hq_signs_again_once_every_edge_has_shown_that_both_hold_the_same(tmp_path: Path, code: str) -> None:
    edge = SigningKey(b"e" * 32)
    with opened(tmp_path) as game:
        said = tenancy.issue(game.log.game, GAME, game.key, Delegation(edge.public_key, ALL, 100))
        game.log.append(Batch(statements=(said,)))
        store = game.log.state.store_id
    restore(TenantFiles(tmp_path), "acme", backed_up(tmp_path))
    with served_here(tmp_path) as client:
        ann = Device(client, "ann")
        with opened(tmp_path) as game:
            assert game.log.healing
            statements = tuple(game.log.statements())
            ann.key, ann.scope = edge, ALL
            ann.log = MemoryLog(game.log.game, b"d" * 16, b"e" * 16, game.tenant.root_public)
            ann.log.append(Batch(statements=statements))
            ann.path = f"/sync/v1/acme/{game.row.id.hex()}"
        ann.sync(Initiating(edge.public_key, ALL, store, b"an older epoch.."))
        with opened(tmp_path) as game:
            assert not game.log.healing


SECRET = "Ottilie Wildermuth"


def files_with(folder: Path, text: bytes) -> list[str]:
    """The files below a folder that hold these bytes anywhere."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and text in p.read_bytes())


def named(folder: Path, team: bytes) -> None:
    """Write a player's name, among others, as the registration desk does."""
    with opened(folder) as game:
        names = [MemberNamed(1, team, n, SECRET if n == 7 else f"Player {n}") for n in range(60)]
        game.log.append(own_stream.write(game.log.index, game.key, STAFF, names))


def test_what_is_known_of_a_person_is_gone_from_every_byte_of_every_file(tmp_path: Path, code: str) -> None:
    folder = tmp_path / "hq"
    folder.mkdir()
    code = found_tenant(folder)
    with served_here(folder) as client:
        ann = Device(client, "ann").join(code)
        ann.check_in("A")
        ann.sync()
        named(folder, ann.answer.team)
        bundle = tmp_path / "old.wayfold"
        wayfold("bundle", "export", "park", str(bundle), "--data", str(folder))
        client.get("/api/v1/acme/games/park/standings")
        assert files_with(folder, SECRET.encode())
        said = wayfold("erase", "park", "--player", "ann:7", "--yes", "--data", str(folder))
        assert said.stdout.startswith("1 events erased")
        assert client.get("/api/v1/acme/games/park/standings").json()["teams"][0]["points"] == 10
    assert files_with(folder, SECRET.encode()) == []
    wayfold("bundle", "import", str(bundle), "--data", str(folder))
    assert files_with(folder, SECRET.encode()) == [], "an old bundle does not bring it back"
    with opened(folder) as game:
        assert all(not state.bare for state in game.log.index.streams.values())


def test_erasing_a_device_leaves_its_teams_score_and_digest_as_they_were(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        for letter in "ABC":
            ann.check_in(letter)
        ann.sync()
    with opened(tmp_path) as game:
        (team,) = game.board.teams.values()
        before = fold_team(game.log, game.rules, team)
    wayfold("erase", "park", "--device", key_name("ann"), "--yes", "--data", str(tmp_path))
    with opened(tmp_path) as game:
        after = fold_team(game.log, game.rules, team)
        assert (after.points, after.status, after.time_ms) == (before.points, before.status, before.time_ms)
        assert team_digest(after) == team_digest(before)
        (state,) = [s for s in game.log.index.streams.values() if s.key == ann.stream]
        assert [e.payload for e in game.log.read(state.id, 0, 0, 9)] == [None] * 3


def test_a_restored_backup_forgets_a_person_again_when_it_meets_the_statement(tmp_path: Path, code: str) -> None:
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
    named(tmp_path, ann.answer.team)
    backup = backed_up(tmp_path)
    with opened(tmp_path) as game:
        erase(game, events_of_member(game, ann.answer.team, 7))
        statements = tuple(game.log.statements())
    restore(TenantFiles(tmp_path), "acme", backup)
    backup.unlink()
    (tmp_path / "tenants" / "acme.sqlite.before").unlink()
    assert files_with(tmp_path, SECRET.encode())
    with opened(tmp_path) as game:
        game.log.append(Batch(statements=statements))
        erase_due(game)
    assert files_with(tmp_path, SECRET.encode()) == []


def test_words_that_a_team_typed_are_erased_and_its_score_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    salt = b"s" * 16
    asked = Challenge("Q1", "", "Who?", None, Form.TEXT, Hashed(salt, (answer_hash(salt, "dante"),)), 20)
    asked = msgspec.structs.replace(asked, wrong_points=5, wrong_points_max=50)
    counted = Challenge("Q2", "", "How many?", None, Form.NUMBER, Interval(100, 100, 100), 20, wrong_points=5)
    free = Challenge("Q3", "", "Tell us", None, Form.FREE_TEXT, Judged(automatic=True), 5)
    monkeypatch.setattr(served, "DRAFT", msgspec.structs.replace(served.DRAFT, challenges=(asked, counted, free)))
    code = found_tenant(tmp_path)
    answers = [
        *(
            (0, "My name is Zebedee"),
            (0, "my  NAME is zebedee!"),
            (0, "Zebedee of Elm Street"),
            (0, "Dante"),
            (0, "Beatrice"),
        ),
        *((1, "99"), (1, "says Zebedee"), (1, "Zebedee does not know"), (2, "Zebedee was here")),
    ]
    with served_here(tmp_path) as client:
        ann = Device(client, "ann").join(code)
        for second, (challenge, text) in enumerate(answers):
            ann.write(encode_action(Answer(START_MS + 1000 * second, challenge, text)))
        ann.sync()
    with opened(tmp_path) as game:
        (team,) = game.board.teams.values()
        before = fold_team(game.log, game.rules, team)
        assert before.penalties > 0
    wayfold("erase", "park", "--device", key_name("ann"), "--yes", "--data", str(tmp_path))
    with opened(tmp_path) as game:
        after = fold_team(game.log, game.rules, team)
        assert (after.points, after.penalties, after.score, after.wrong, after.estimate) == (
            *(before.points, before.penalties, before.score, before.wrong, before.estimate),
        )
        facts = b"".join(statement.body for statement in game.log.statements())
    assert b"Dante" in facts, "a right answer is the game's own"
    assert b"99" in facts, "a number is nobody's name, and estimates are compared"
    for word in (b"Zebedee", b"zebedee", b"Elm", b"says", b"Beatrice"):
        assert word not in facts
        assert files_with(tmp_path, word) == []

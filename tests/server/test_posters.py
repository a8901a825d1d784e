"""Pages to print: what hangs at checkpoints is what phones expect there, and a printed code lets a phone join."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import segno
from served import opened, wayfold

from client_core.game.answers import secret_hash
from server.codes import hash_code
from server.join_codes import join_codes
from server.posters import Poster, posters_page, qr_drawing


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    wayfold("tenant", "add", "acme", "--name", "Acme")
    wayfold("game", "new", "ridge", "--preset", "city-hunt")
    wayfold("game", "import", "ridge")
    wayfold("game", "publish", "ridge")
    return tmp_path


def test_a_page_a_checkpoint_says_the_secret_that_phones_know_by_its_hash(folder: Path) -> None:
    said = wayfold("game", "posters", "ridge")
    assert "4 pages to print" in said.stdout
    assert "without a secret, so that the code of the map is enough: F1" in said.stderr
    page = (folder / "ridge-checkpoints.html").read_text()
    typed = dict(re.findall(r"<h2>(\w+)</h2>.*?or type <code>([^<]+)</code>", page, re.DOTALL))
    assert list(typed) == ["31", "32", "33", "F1"]
    with opened(folder / "wayfold-data", name="ridge") as game:
        played = {one.code: one.secret for one in game.rules.package.checkpoints}
    assert {code: secret_hash(code, secret) for code, secret in typed.items() if code != "F1"} == {
        code: played[code] for code in ("31", "32", "33")
    }
    assert all(qr_drawing(secret) in page for secret in typed.values())
    assert len({len(secret.replace("-", "")) for code, secret in typed.items() if code != "F1"} | {16}) == 1
    assert "http" not in page.replace("http://www.w3.org/2000/svg", ""), "the page asks nothing of any network"


def test_posters_stay_right_when_the_game_is_imported_again(folder: Path) -> None:
    wayfold("game", "posters", "ridge")
    first = (folder / "ridge-checkpoints.html").read_text()
    toml = folder / "ridge" / "game.toml"
    toml.write_text(toml.read_text().replace('duration = "2 h"', 'duration = "3 h"'))
    wayfold("game", "import", "ridge")
    wayfold("game", "posters", "ridge")
    assert (folder / "ridge-checkpoints.html").read_text() == first


def test_other_secrets_than_those_that_are_played_by_are_not_printed(folder: Path) -> None:
    (folder / "ridge" / "secrets.csv").unlink()
    wayfold("game", "import", "ridge")
    said = wayfold("game", "posters", "ridge", code=3)
    assert "publish it, then print" in said.stderr
    wayfold("game", "publish", "ridge")
    wayfold("game", "posters", "ridge")


def test_pages_by_which_teams_join_carry_codes_that_the_game_knows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = wayfold("game", "posters", "ridge", "--of", "teams", code=3)
    assert "has no teams yet" in said.stderr
    (folder / "teams.csv").write_text("number,name\n7,Foxes <1>\n8,Owls\n")
    wayfold("game", "teams", "ridge", "teams.csv")
    told = json.loads(wayfold("game", "posters", "ridge", "--of", "teams", "--json").stdout)
    assert told["pages"] == 2
    said = wayfold("game", "posters", "ridge", "--of", "join", "--out", "join.html")
    assert "set WAYFOLD_PUBLIC_URL" in said.stderr
    monkeypatch.setenv("WAYFOLD_PUBLIC_URL", "https://play.example.org")
    assert not wayfold("game", "posters", "ridge", "--of", "join", "--out", "public.html").stderr
    assert "https://play.example.org/play/" in (folder / "public.html").read_text()
    page = (folder / "ridge-teams.html").read_text() + (folder / "join.html").read_text()
    assert "Foxes &lt;1&gt;" in page
    codes = re.findall(r"<code>([^<]+)</code>", page)
    with opened(folder / "wayfold-data", name="ridge") as game:
        known = {code.code_hash: code.team for code in join_codes(game.log)}
        teams = {team.id: team.number for team in game.board.teams.values()}
        found = [known[hash_code(game.row.id, code) or b""] for code in codes]
    assert [None if team is None else teams[team] for team in found] == [7, 8, None]


def test_a_poster_shows_nothing_but_what_it_is_given() -> None:
    page = posters_page("A <b>", 'en"', [Poster("31", "Oak & Ash", "SECRET", "", "mind the dog")])
    assert "<h1>A &lt;b&gt;</h1>" in page
    assert 'lang="en&quot;"' in page
    assert "Oak &amp; Ash" in page
    assert "or type" not in page
    assert "mind the dog" in page
    squares = segno.make_qr("SECRET", error="m")
    assert f'viewBox="0 0 {(squares.symbol_size()[0]) * 4} ' in page

"""Tenants' files: opened lazily, never too many, and clear words for every file that cannot be used."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from served import found_tenant, served_here

from server.db import tenant_file
from server.db.tenants import TenantFiles
from server.problems import Problem
from server.tenancy import new_tenant

READ_ONLY = """
import os, sys
from server.cli import main
os.setgid(65534)
os.setuid(65534)
raise SystemExit(main(["standings", "acme/park", "--data", sys.argv[1]]))
"""


@pytest.fixture
def tenants(tmp_path: Path) -> TenantFiles:
    files = TenantFiles(tmp_path, open_max=3)
    for slug in "abcdef":
        files.add(new_tenant(slug, slug.upper(), 1))
    return files


def test_never_more_files_are_open_than_allowed(tenants: TenantFiles) -> None:
    for slug in "abcdefabc":
        with tenants.open(slug) as file:
            assert file.tenant is not None
            assert file.tenant.slug == slug
        assert len(tenants._files) <= 3
    assert list(tenants._files) == ["a", "b", "c"]
    tenants.close()


def test_a_file_in_use_is_not_closed_under_its_user(tenants: TenantFiles) -> None:
    with tenants.open("a") as a, tenants.open("b"):
        for slug in "cdef":
            with tenants.open(slug):
                pass
        assert a.reader.execute("SELECT slug FROM tenant").fetchone() == ("a",)
        with tenants.open("c"), pytest.raises(Problem) as caught, tenants.open("d"):
            pass
        assert caught.value.code == "busy"
    tenants.close()


def test_a_tenant_is_made_once_and_its_keys_are_its_own(tenants: TenantFiles) -> None:
    with pytest.raises(Problem, match="there is a tenant 'a' already"):
        tenants.add(new_tenant("a", "Again", 2))
    ids = set()
    for slug in tenants.slugs():
        with tenants.open(slug) as file:
            assert file.tenant is not None
            ids |= {file.tenant.id, file.tenant.root_public, file.tenant.root_seed, file.tenant.node_seed}
    assert len(ids) == 4 * 6
    tenants.close()


@pytest.mark.parametrize("slug", ["", "A", "a b", "../a", "-a", "a-", "x" * 41, "api", "static", "héron", "a\n"])
def test_what_cannot_stand_in_an_address_is_no_short_name(tenants: TenantFiles, slug: str) -> None:
    with pytest.raises(Problem, match="cannot be a short name"):
        tenants.add(new_tenant(slug, "Name", 1))
    tenants.close()


def test_one_tenants_file_holds_nothing_of_another(tmp_path: Path) -> None:
    found_tenant(tmp_path, "acme")
    found_tenant(tmp_path, "other")
    with served_here(tmp_path) as client:
        ours = {game["id"] for game in client.get("/api/v1/acme/games").json()}
        theirs = {game["id"] for game in client.get("/api/v1/other/games").json()}
        assert ours
        assert not ours & theirs
        for game in theirs:
            assert client.get(f"/api/v1/acme/games/{game}").json()["code"] == "game_unknown"


def damage(path: Path, kind: str) -> sqlite3.Connection | None:
    if kind == "corrupt":
        path.write_bytes(b"no database at all, " * 500)
    elif kind == "torn":
        data = bytearray(path.read_bytes())
        data[100:1000] = os.urandom(900)
        path.write_bytes(data)
    else:
        connection = sqlite3.connect(path, isolation_level=None)
        if kind == "newer":
            connection.execute("PRAGMA user_version = 99")
        else:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        return connection
    return None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("corrupt", "it is damaged: put back a backup"),
        ("torn", "it is damaged: put back a backup"),
        ("newer", "version 99, this program knows up to"),
        ("locked", "another program holds it locked"),
    ],
)
def test_a_store_that_cannot_be_used_is_named_and_the_others_go_on(
    tmp_path: Path, kind: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_file, "BUSY_TIMEOUT_MS", 50)
    found_tenant(tmp_path)
    found_tenant(tmp_path, "other")
    path = tmp_path / "tenants" / "acme.sqlite"
    holder = damage(path, kind)
    before = path.read_bytes()
    with served_here(tmp_path) as client:
        refused = client.get("/api/v1/acme/games")
        assert (refused.status_code, refused.json()["code"]) == (503, "store_unusable")
        assert words in refused.json()["detail"]
        assert client.get("/api/v1/other/games").status_code == 200
    assert path.read_bytes() == before
    if holder is not None:
        holder.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root needs no other user to be refused")
def test_a_read_only_store_is_named() -> None:
    # Not below pytest's own folder: another run of pytest closes that to other users at any moment.
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        found_tenant(folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o444)
        (folder / "tenants").chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder)], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 4, done.stderr
    assert "it may only be read" in done.stderr

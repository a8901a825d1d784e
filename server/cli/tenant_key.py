"""`wayfold tenant heal|rotate-key`: after a restore, and when HQ's key may be in wrong hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from client_core.signing import SigningKey
from server.cli.places import data_options, open_tenant, settings_of
from server.db.models import TenantRow
from server.db.tenant_file import TenantFile
from server.games import find_game, list_games
from server.healing import end, waited_for
from server.open_game import OpenGame
from server.replaced_key import WHAT_TO_DO
from server.revoking import rotate_key
from server.settings import Settings


@contextmanager
def _all_games(settings: Settings, slug: str) -> Iterator[tuple[TenantFile, TenantRow, list[OpenGame]]]:
    """A tenant with every game it published."""
    with open_tenant(settings, slug) as (file, row):
        with file.reading() as session:
            rows = [find_game(session, line.id) for line in list_games(session, drafts=False) if line.id]
            for game in rows:
                session.expunge(game)
        yield file, row, [OpenGame(file, row, game) for game in rows]


@click.command()
@click.argument("slug", metavar="TENANT")
@click.option("--go", is_flag=True, help="Sign again, whoever has not been heard.")
@data_options
def heal(slug: str, *, go: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Say which edges a restored HQ still waits for, game by game; with --go wait no longer."""
    with _all_games(settings_of(data_folder, settings_file), slug) as (file, _, games):
        for game in games:
            if game.key_is_replaced:
                click.echo(f"{game.row.slug}: {WHAT_TO_DO}")
            elif not game.log.healing:
                click.echo(f"{game.row.slug}: whole")
            elif not go:
                names = ", ".join(key.hex()[:12] for key in waited_for(game)) or "nobody it knows: say --go"
                click.echo(f"{game.row.slug}: waits for {names}")
            else:
                with file.writing() as session:
                    connection = session.connection().connection.driver_connection
                    assert connection is not None
                    end(connection, game.row.no)
                    connection.execute("UPDATE log SET commit_seq = commit_seq + 1 WHERE game_no = ?", (game.row.no,))
                click.echo(f"{game.row.slug}: signs again")


@click.command("rotate-key")
@click.argument("slug", metavar="TENANT")
@click.option("--stolen", is_flag=True, help="The old key is in wrong hands: hold what it signed that is not here.")
@data_options
def rotate(slug: str, *, stolen: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Give HQ a new key, of the next epoch, in every game. Stop the server first.

    What the old key signed stays valid, so nobody has to join again. Take a
    backup right after: an HQ put back from an older one has the old key.
    """
    with _all_games(settings_of(data_folder, settings_file), slug) as (file, row, games):
        epoch = rotate_key(file, row, games, SigningKey.generate(), stolen=stolen)
    click.echo(f"{slug}: HQ signs with the key of epoch {epoch} from now on, in {len(games)} games")
    click.echo("take a backup now: an older one has the key that was replaced")

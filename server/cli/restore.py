"""`wayfold restore`: put a backup of a tenant in its place."""

from __future__ import annotations

from pathlib import Path

import click

from server.cli.places import data_options, settings_of
from server.db.tenants import TenantFiles
from server.restoring import restore


@click.command("restore")
@click.argument("slug", metavar="TENANT")
@click.argument("backup", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_options
def restore_command(slug: str, backup: Path, *, data_folder: str | None, settings_file: Path | None) -> None:
    """Put BACKUP, a copy of the file of TENANT, in its place. Stop the server first.

    What came in since the backup comes back from phones and edges by itself.
    Until every edge has been heard, HQ signs no enrolments, revocations, erasures
    and results, unless told: wayfold tenant heal TENANT --go.
    """
    tenants = TenantFiles(Path(settings_of(data_folder, settings_file).data_folder))
    games = restore(tenants, slug, backup)
    click.echo(f"{slug}: {games} games restored; the file that was there is beside it as {slug}.sqlite.before")

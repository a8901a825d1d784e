"""`wayfold tenant add|list`."""

from __future__ import annotations

import re
from pathlib import Path

import click
import msgspec

from server.cli.output import json_option, print_json, print_table
from server.cli.places import clock_of, data_options, settings_of
from server.db.models import TenantRow
from server.db.tenants import TenantFiles
from server.tenancy import new_tenant


class TenantLine(msgspec.Struct, frozen=True):
    """A tenant in a listing. `id` and `root_key` are hex; `authority` says whether this node is its HQ."""

    slug: str
    name: str
    id: str
    root_key: str
    authority: bool


@click.group()
def tenant() -> None:
    """Companies whose games and data are kept apart."""


@tenant.command()
@click.argument("slug")
@click.option("--name", help="The name people see; the short name where it is left out.")
@json_option
@data_options
def add(slug: str, name: str | None, *, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """Create the tenant SLUG with its own file, root key and authority key."""
    settings = settings_of(data_folder, settings_file)
    tenants = TenantFiles(Path(settings.data_folder))
    row = new_tenant(slug, name or re.sub("-", " ", slug).title(), clock_of(settings)())
    tenants.add(row)
    line = _line(row)
    if as_json:
        print_json(line)
    else:
        click.echo(f"tenant {line.slug} ({line.name}) created in {tenants.folder}")


@tenant.command("list")
@json_option
@data_options
def list_tenants(*, as_json: bool, data_folder: str | None, settings_file: Path | None) -> None:
    """List the tenants of this node."""
    tenants = TenantFiles(Path(settings_of(data_folder, settings_file).data_folder))
    lines = []
    for slug in tenants.slugs():
        with tenants.open(slug) as file:
            assert file.tenant is not None
            lines.append(_line(file.tenant))
    tenants.close()
    if as_json:
        print_json(lines)
    else:
        rows = [(line.slug, line.name, line.id, "HQ" if line.authority else "edge") for line in lines]
        print_table(("tenant", "name", "id", "this node is"), rows)


def _line(row: TenantRow) -> TenantLine:
    return TenantLine(row.slug, row.name, row.id.hex(), row.root_public.hex(), row.root_seed is not None)

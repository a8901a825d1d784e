"""Where a command finds its data folder, tenant and game."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from server.clock import Clock, clock_from
from server.db.models import TenantRow
from server.db.tenant_file import TenantFile
from server.db.tenants import TenantFiles
from server.forgetting import scrub
from server.games import find_game
from server.open_game import OpenGame
from server.problems import Problem
from server.settings import Settings, load_settings

F = TypeVar("F", bound=Callable[..., Any])


def data_options(command: F) -> F:
    """`--data` and `--settings`, as every command takes them."""
    command = click.option(
        "--settings", "settings_file", type=click.Path(path_type=Path), help="A TOML settings file."
    )(command)
    return click.option("--data", "data_folder", help="The data folder (WAYFOLD_DATA_FOLDER; default: wayfold-data).")(
        command
    )


now_option = click.option(
    "--now", is_flag=True, help="Of a final game not what was pinned, but with what came in since."
)
tenant_option = click.option("--tenant", help="The tenant; may be left out where there is only one.")


def settings_of(data_folder: str | None, settings_file: Path | None, **flags: object) -> Settings:
    """The settings of a command; raises `SettingsError`."""
    flags = {**flags, "data_folder": data_folder}
    return load_settings(flags, environment=os.environ, file=settings_file)


def clock_of(settings: Settings) -> Clock:
    """The clock of a command: the node's."""
    return clock_from(settings.clock)


@contextmanager
def open_tenant(settings: Settings, slug: str | None) -> Iterator[tuple[TenantFile, TenantRow]]:
    """A tenant's file and row; raises `Problem`."""
    tenants = TenantFiles(Path(settings.data_folder))
    try:
        with tenants.open(slug or only_tenant(tenants)) as file:
            assert file.tenant is not None
            try:
                yield file, file.tenant
            finally:
                scrub(file)  # whatever the command brought in, or a crash left to do
    finally:
        tenants.close()


@contextmanager
def open_published(settings: Settings, name: str) -> Iterator[OpenGame]:
    """The game `TENANT/GAME`, or `GAME` where there is only one tenant; raises `Problem`."""
    tenant, _, game = name.rpartition("/")
    with open_tenant(settings, tenant or None) as (file, row):
        with file.reading() as session:
            found = find_game(session, game)
            session.expunge(found)
        yield OpenGame(file, row, found)


def only_tenant(tenants: TenantFiles) -> str:
    """The one tenant there is; raises `Problem` where there are none or several."""
    slugs = tenants.slugs()
    if len(slugs) == 1:
        return slugs[0]
    if not slugs:
        raise Problem("tenant_unknown", "there is no tenant yet: wayfold tenant add NAME")
    raise Problem("tenant_unknown", f"say which tenant: {', '.join(slugs)}")

"""The command line `wayfold`: serving, tenants, games, codes, standings.

Answers go to stdout, errors to stderr as `wayfold: CODE: sentence`.

    exit code   meaning
    0           done
    1           a fault of this program
    2           the command line or a setting is not understood
    3           refused: no such game, a name taken, a code used up
    4           the store cannot be used
    5           the network: a port in use, an upstream that is not reached
    6           an input file is unusable
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from client_core.game.publish import DraftError
from server.cli import (
    bundle,
    day,
    decide,
    demo,
    device,
    edge,
    erase,
    finalise,
    game,
    restore,
    results,
    results_import,
    series,
    serve,
    splits,
    staff,
    tenant,
    tenant_key,
)
from server.cli.output import InputError
from server.problems import Problem
from server.settings import SettingsError

FAULT, USAGE, REFUSED, STORE, NETWORK, INPUT = 1, 2, 3, 4, 5, 6
FAULTS_SHOWN = 1_000
_CODE_EXITS = {"store_unusable": STORE, "port_in_use": NETWORK, "upstream_down": NETWORK, "busy": STORE}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wayfold", prog_name="wayfold")
def wayfold() -> None:
    """Geo-challenges that play on without a network and come to one score."""


for command in (
    serve.serve,
    demo.demo,
    tenant.tenant,
    bundle.bundle,
    game.game,
    day.day,
    decide.decide,
    edge.edge_code,
    edge.sync_now,
    finalise.finalise_command,
    results.standings,
    results.explain,
    splits.splits,
    results_import.results,
    series.series,
    device.device,
    staff.staff,
    erase.erase_command,
    restore.restore_command,
):
    wayfold.add_command(command)


for command in (tenant_key.heal, tenant_key.rotate):
    tenant.tenant.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        code = wayfold.main(
            args=None if arguments is None else list(arguments), prog_name="wayfold", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("wayfold: stopped", err=True)
        return 130
    except SettingsError as error:
        return _say(error.code, str(error), USAGE)
    except Problem as problem:
        return _say(problem.code, problem.detail, _CODE_EXITS.get(problem.code, REFUSED))
    except DraftError as error:
        for finding in error.findings[:FAULTS_SHOWN]:
            click.echo(f"  {finding.where}: {finding.detail}", err=True)
        count = len(error.findings)
        return _say(error.code, f"{count} {'fault' if count == 1 else 'faults'}: mend them first", INPUT)
    except InputError as error:
        return _say(error.code, str(error), INPUT)
    return code if isinstance(code, int) else 0


def _say(code: str, detail: str, exit_code: int) -> int:
    click.echo(f"wayfold: {code}: {detail}", err=True)
    return exit_code

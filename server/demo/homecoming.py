"""A bundle handed in at a node: taken into the tenant's file as a command beside the server would."""

from __future__ import annotations

from pathlib import Path

from client_core.signing import verify
from server.db.tenants import TenantFiles
from server.demo.processes import DemoError
from server.games import find_game, game_log
from sync.bundle import bundle_game, import_bundle
from sync.effects import Append, Effect, Verify, run


def take_bundle(folder: Path, tenant_slug: str, data: bytes) -> int:
    """Take in a bundle of a game that the node in this data folder holds; returns how many events were new."""
    files = TenantFiles(folder, open_max=1)
    try:
        with files.open(tenant_slug) as file:
            assert file.tenant is not None
            with file.reading() as session:
                row = find_game(session, bundle_game(data).game.hex())
                log = game_log(file, file.tenant, row)

            def answer(effect: Effect) -> object:
                if isinstance(effect, Verify):
                    return tuple(verify(c.public_key, c.message, c.signature) for c in effect.checks)
                assert isinstance(effect, Append), "taking in a bundle asks for nothing else"
                return log.append(effect.batch)

            report = run(import_bundle(data, log), answer)
    finally:
        files.close()
    if not report.whole:
        raise DemoError(f"a bundle was not taken in whole: {report.problems}")
    return report.received

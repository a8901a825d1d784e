"""`wayfold serve`: run a node until it is stopped."""

from __future__ import annotations

import gc
import logging
import socket
import ssl
import sys
from pathlib import Path

import click
import uvicorn

from server.app import create_app
from server.cli.places import data_options, settings_of
from server.folder import Folder
from server.problems import Problem
from server.settings import Settings
from server.verifier import Verifier

BACKLOG = 2048
KEEP_ALIVE_S = 75
"""Longer than a device's usual pause between two syncs, so that most go on in an open connection."""
SWITCH_EVERY_S = 0.0005
"""How long the event loop may keep the writer from going on after each statement; Python leaves it 5 ms."""
STOP_WITHIN_S = 5
"""Live pages and half-open phones are not waited for longer."""


@click.command()
@click.option("--host", help="The address to listen on (default 127.0.0.1; 0.0.0.0 for everybody).")
@click.option("--port", type=int, help="The port to listen on (default 8000; 0 for any free one).")
@click.option(
    "--upstream",
    "upstreams",
    multiple=True,
    metavar="URL",
    help="The next node toward HQ; makes this node an edge. May be repeated.",
)
@click.option(
    "--edge-code",
    metavar="TENANT/GAME/CODE",
    help="Become an edge of a game first, by a code from HQ (wayfold edge-code).",
)
@click.option(
    "--edge-url",
    "edge_urls",
    multiple=True,
    metavar="URL",
    help="An edge that devices joining here sync with too, at the venue. May be repeated.",
)
@click.option("--public-url", metavar="URL", help="How devices reach this node, where that is another address.")
@click.option("--certificate", metavar="FILE", help="Speak https with this certificate and its chain (PEM).")
@click.option("--certificate-key", metavar="FILE", help="Its key, where it is not in the same file.")
@click.option("--node-name", help="The name in /health (default: the machine's).")
@data_options
def serve(
    host: str | None,
    port: int | None,
    upstreams: tuple[str, ...],
    edge_code: str | None,
    edge_urls: tuple[str, ...],
    public_url: str | None,
    certificate: str | None,
    certificate_key: str | None,
    node_name: str | None,
    data_folder: str | None,
    settings_file: Path | None,
) -> None:
    """Serve games over HTTP: HQ, or with --upstream an edge."""
    settings = settings_of(
        data_folder,
        settings_file,
        host=host,
        port=port,
        upstreams=upstreams or None,
        edge_code=edge_code,
        edge_urls=edge_urls or None,
        public_url=public_url,
        certificate=certificate,
        certificate_key=certificate_key,
        node_name=node_name,
    )
    run(settings)


def run(settings: Settings) -> None:
    """Serve until stopped by a signal; raises `Problem` where it cannot begin."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    check_certificate(settings)
    listening = listen(settings.host, settings.port)
    _calm_collector()
    app = create_app(settings, verifier=Verifier.hired(), folder=Folder.hired())
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        server_header=False,
        proxy_headers=False,  # the rate limit counts the peers that are really there
        ssl_certfile=settings.certificate or None,
        ssl_keyfile=settings.certificate_key or None,
    )
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = f"{'https' if settings.certificate else 'http'}://{shown}:{port}"
    click.echo(f"wayfold {settings.level} {settings.node_name!r} serves {address} from {settings.data_folder}")
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def check_certificate(settings: Settings) -> None:
    """Raise `Problem("certificate_unusable")` where the node could not speak https with what it was given."""
    if not settings.certificate:
        if settings.certificate_key:
            raise Problem("certificate_unusable", "--certificate-key alone is not enough: give --certificate too")
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings.certificate, settings.certificate_key or None, password=_no_password)
    except ssl.SSLError as error:
        told = "its key does not belong to it" if "MISMATCH" in str(error) else "it is no PEM with certificate and key"
        raise Problem("certificate_unusable", f"--certificate {settings.certificate}: {told}") from error
    except OSError as error:
        where = settings.certificate_key or settings.certificate
        raise Problem(
            "certificate_unusable", f"--certificate: {where} or {settings.certificate} cannot be read: {error}"
        ) from error


def _no_password() -> str:
    """A server starts without anybody who could type one; OpenSSL would wait for it."""
    return ""


def _calm_collector() -> None:
    """Look for cycles seldom: indexes are large, live for ever and have none; each look would walk all of them.

    Measured on ingest: 8 % more events a second.
    """
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    sys.setswitchinterval(SWITCH_EVERY_S)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises `Problem("port_in_use")` with what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Problem("bad_request", f"--host: {host!r} is no address of this machine: {error.strerror}") from error
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise Problem(
            "port_in_use",
            f"cannot listen on {host}:{port}: {error.strerror}; stop what uses it or choose another --port",
        ) from error
    return listening

"""What a server may be told: one frozen struct, from four places, checked once.

A later place wins over an earlier one: the defaults below, a TOML settings
file, environment variables (`WAYFOLD_PORT`, `WAYFOLD_LIMITS_BODY_BYTES_MAX`),
flags of the command line. Every value that does not fit is named together with
the place it came from.
"""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

ENVIRONMENT_PREFIX = "WAYFOLD_"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0.05, le=86_400)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/@]+(/[^\s]*)?$", max_length=500)]
Level = Literal["hq", "edge"]


class SettingsError(Exception):
    """A setting that cannot be used; the text names it, its place and what would do."""

    code = "settings_invalid"


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the node one peer, one game or one request may take.

    The peer of the rate limit is an address, and at a venue all phones may
    share one: the defaults leave a thousand devices their room. 0 requests a
    second switch it off.
    """

    body_bytes_max: Positive = 1024 * 1024
    bundle_bytes_max: Positive = 16 * 1024 * 1024
    requests_per_s_max: NotNegative = 500
    requests_burst_max: Positive = 2000
    devices_per_game_max: Positive = 5000
    stranger_bytes_max: NotNegative = 8 * 1024 * 1024
    tenant_files_open_max: Positive = 256
    live_pages_max: Positive = 1000
    pushes_waiting_max: Positive = 512
    blob_bytes_max: NotNegative = 4 * 1024 * 1024 * 1024


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a node is configured with.

    Addresses hold no user or password: devices are told them, and `/health` shows them.
    `upstreams` are the nodes toward HQ, the first that answers is used; with
    one the node is an edge, without it is the authority. `public_url` is how
    devices reach this node, where that is not the address it listens on.
    `edge_urls` are the edges that devices joining here are told of too, to
    sync with at the venue; the player's app may reach no other address.
    `edge_code` (`TENANT/GAME/CODE`) makes the node an edge of a game, once.
    `certificate` is the file of a certificate and its chain (PEM), which makes the node speak https;
    `certificate_key` that of its key, where it is another file.
    `clock` is empty for the wall clock, or `START_MS@REAL_START_MS*SPEED` for
    the scaled clock of demonstrations (`server.clock`).
    """

    data_folder: str = "wayfold-data"
    host: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] = "127.0.0.1"
    port: Port = 8000
    public_url: Url | None = None
    upstreams: tuple[Url, ...] = ()
    edge_urls: tuple[Url, ...] = ()
    edge_code: str = ""
    upstream_every_s: Seconds = 15.0
    node_name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] = msgspec.field(
        default_factory=socket.gethostname
    )
    certificate: str = ""
    certificate_key: str = ""
    clock: str = ""
    limits: Limits = Limits()

    @property
    def level(self) -> Level:
        """`edge` below an upstream, else `hq`."""
        return "edge" if self.upstreams else "hq"

    @property
    def url(self) -> str:
        """How devices reach this node, without a slash at the end."""
        scheme = "https" if self.certificate else "http"
        return (self.public_url or f"{scheme}://{self.host}:{self.port}").rstrip("/")


def load_settings(flags: Mapping[str, Any], *, environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """Settings from a file, the environment and flags, in rising order.

    `flags` holds field names; None means "not given". Raises `SettingsError`.
    """
    chosen: dict[str, Any] = {}
    places: dict[str, str] = {}
    layers = [(_from_file(file), f"settings file {file}")] if file else []
    layers += [(_from_environment(environment), "environment")]
    layers += [({name: value for name, value in flags.items() if value is not None}, "command line")]
    for layer, place in layers:
        for name, value in layer.items():
            if name == "limits" and isinstance(value, Mapping):
                chosen["limits"] = {**chosen.get("limits", {}), **value}
                places.update({f"limits.{key}": place for key in value})
            else:
                chosen[name] = value
                places[name] = place
    try:
        return msgspec.convert(chosen, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error), places)) from error


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {file} is not TOML: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """`WAYFOLD_X` for the fields there are; other names with the prefix are not ours."""
    found: dict[str, Any] = {}
    for field in Settings.__struct_fields__:
        value = environment.get(ENVIRONMENT_PREFIX + field.upper())
        if value is not None and field != "limits":
            found[field] = tuple(value.split()) if field in {"upstreams", "edge_urls"} else value
    limits = {
        field: environment[name]
        for field in Limits.__struct_fields__
        if (name := f"{ENVIRONMENT_PREFIX}LIMITS_{field.upper()}") in environment
    }
    return {**found, "limits": limits} if limits else found


def _explain(message: str, places: Mapping[str, str]) -> str:
    """Msgspec's sentence, with the setting's name and the place in front."""
    path = re.search(r"at `\$\.([a-z_.]+)", message)
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown:
        name = f"{path[1]}.{unknown[1]}" if path else unknown[1]
        return f"{places.get(name, 'settings')}: there is no setting {name!r}"
    if path:
        what = message.split(" - at ", maxsplit=1)[0]
        return f"{places.get(path[1], 'settings')}: {path[1]}: {what[0].lower()}{what[1:]}"
    return message

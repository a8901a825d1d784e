"""Settings from four places, and a sentence for every one that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.clock import clock_from
from server.settings import Limits, SettingsError, load_settings


def test_a_later_place_wins_over_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text(
        'port = 1\nhost = "0.0.0.0"\nnode_name = "Venue"\n[limits]\nbody_bytes_max = 5\ntenant_files_open_max = 6\n'
    )
    environment = {"WAYFOLD_PORT": "2", "WAYFOLD_HOST": "::1", "WAYFOLD_LIMITS_BODY_BYTES_MAX": "7"}
    settings = load_settings({"port": 3, "host": None}, environment=environment, file=file)
    assert (settings.port, settings.host, settings.node_name) == (3, "::1", "Venue")
    assert settings.limits == Limits(body_bytes_max=7, tenant_files_open_max=6)


def test_a_node_with_an_upstream_is_an_edge_and_one_without_is_hq() -> None:
    assert load_settings({}, environment={}).level == "hq"
    upstreams = {"WAYFOLD_UPSTREAMS": "http://a:1 https://b/base"}
    edge = load_settings({}, environment=upstreams)
    assert (edge.level, edge.upstreams) == ("edge", ("http://a:1", "https://b/base"))


def test_what_is_not_ours_in_the_environment_is_left_alone() -> None:
    assert load_settings({}, environment={"WAYFOLD_DATA": "/somewhere", "HOME": "/"}) == load_settings(
        {}, environment={}
    )


@pytest.mark.parametrize(
    ("flags", "environment", "text", "message"),
    [
        ({"port": 70000}, {}, "", "command line: port: expected `int` <= 65535"),
        ({}, {"WAYFOLD_PORT": "many"}, "", "environment: port: expected `int`, got `str`"),
        ({"upstreams": ["ftp://x"]}, {}, "", "command line: upstreams: expected `str` matching"),
        ({"upstreams": ["http://me:secret@hq"]}, {}, "", "command line: upstreams: expected `str` matching"),
        ({}, {}, "prot = 1", "there is no setting 'prot'"),
        ({}, {}, "[limits]\nbody_bytes_max = 0", "limits.body_bytes_max: expected `int` >= 1"),
        ({}, {}, "[limits]\nbody = 1", "there is no setting 'limits.body'"),
        ({}, {}, "port = ", "is not TOML"),
        ({}, {"WAYFOLD_UPSTREAM_EVERY_S": "0"}, "", "upstream_every_s: expected `float` >= 0.05"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(
    tmp_path: Path, flags: dict[str, object], environment: dict[str, str], text: str, message: str
) -> None:
    file = tmp_path / "node.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(flags, environment=environment, file=file)
    assert message in str(caught.value)


def test_a_settings_file_that_is_not_there_is_said() -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: No such file"):
        load_settings({}, environment={}, file=Path("/nowhere/node.toml"))


def test_a_scaled_clock_runs_from_its_start_at_its_speed() -> None:
    clock = clock_from("1654336800000@1000*300")
    first = clock()
    assert first > 1654336800000
    with pytest.raises(ValueError, match="START_MS@REAL_START_MS"):
        clock_from("fast")

"""The reference page of errors says what the code says.

Its tables are generated: `python tests/house/test_errors_page.py` writes them anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

import client_core.cli
import client_core.transports.errors
import server.cli
from client_core.store.errors import StoreError
from server.problems import PROBLEMS
from server.upstream import State

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "errors.md"

UPSTREAM = {
    "ok": "the last session held; `detail` says whether both hold the same",
    "waiting": "no try yet",
    "down": "not reached, or it broke off",
    "slow": "no answer within the time allowed",
    "not_wayfold": "something else answers: a portal, another program",
    "refused": "it answered no; `detail` has its code",
    "busy": "it, or this node's store, wishes to be asked later",
    "fault": "this node itself cannot; its log has the reason",
}
FILES = {
    "already_joined": "this device file plays a game already; name another with `--store`",
    "file_missing": "there is no such file",
    "file_too_big": "more bytes than any file of its kind has",
    "file_unreadable": "it cannot be read, or is not of its kind",
    "file_unwritable": "it cannot be written; an older file of that name is as it was",
    "gpx_bad_position": "a track point without a longitude and latitude on Earth",
    "gpx_bad_time": "a time that is not ISO 8601",
    "gpx_doctype": "it declares a document type; remove that line",
    "gpx_malformed": "it is not GPX, or not well-formed XML",
    "gpx_missing": "there is no such track",
    "gpx_no_points": "it has no track points",
    "gpx_no_times": "no point says when it was",
    "gpx_too_big": "more than a recording of eleven days; split it",
    "gpx_unreadable": "it cannot be read",
    "member_needed": "the game looks at each member of a team; say with `--member` whose phone this is",
    "member_unknown": "the team has no member of that number",
    "nonce_malformed": "what was scanned or typed cannot be a code of time",
    "not_joined": "this device file has joined no game",
    "package_inconsistent": "a game's package contradicts itself",
    "package_newer": "a game's package has a form that this program is too old for",
    "package_malformed": "a game's package does not decode",
    "package_too_big": "a game's package is larger than one may be",
    "settings_invalid": "a setting that cannot be used; its name and place are said",
    "unknown_challenge": "the game has no challenge of that code",
    "unknown_checkpoint": "the game has no checkpoint of that code",
    "value_out_of_range": "a value of the command line that cannot be",
}
RAISED_IN_FILES = {"GpxError", "InputError", "PackageError", "ReplicaError"}


def table(*rows: tuple[str, ...]) -> str:
    head, *rest = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rest))


def problem_table() -> str:
    rows = [(str(kind.status), f"`{code}`", kind.title) for code, kind in PROBLEMS.items()]
    return table(("status", "code", "means"), *sorted(rows, key=lambda row: row[0]))


def store_table() -> str:
    rows = []
    for kind in StoreError.__subclasses__():
        advice = kind.advice.replace("{path}", "the file").replace(" ({detail})", "")
        said = advice.replace("mod_spatialite", "`mod_spatialite`")
        rows.append((f"`{kind.code}`", (kind.__doc__ or "").strip(), f"{said[0].upper()}{said[1:]}"))
    return table(("code", "means", "is said"), *rows)


def way_table() -> str:
    rows = documented(client_core.transports.errors, r"^    ([a-z_]+|file_\*|\(any other\))  +(.+)$")
    return table(("code", "what happened"), *((f"`{code}`", says) for code, says in rows if code != "code"))


def exit_table() -> str:
    server_says, device_says = (
        dict(documented(module, r"^    (\d)  +(.+)$")) for module in (server.cli, client_core.cli)
    )
    rows = [(n, server_says.get(n, "-"), device_says.get(n, "-")) for n in sorted(server_says | device_says)]
    return table(("exit code", "`wayfold`", "`python -m client_core`"), *rows)


def documented(module: ModuleType, row: str) -> list[tuple[str, str]]:
    """The rows of the table in a module's docstring."""
    return re.findall(row, module.__doc__ or "", flags=re.MULTILINE)


def said_table(codes: dict[str, str], head: tuple[str, str]) -> str:
    return table(head, *((f"`{code}`", says) for code, says in codes.items()))


TABLES = {
    "problems": problem_table,
    "store": store_table,
    "ways": way_table,
    "files": lambda: said_table(FILES, ("code", "means")),
    "upstreams": lambda: said_table(UPSTREAM, ("state", "means")),
    "exits": exit_table,
}


def raised(names: set[str]) -> set[str]:
    """Every code that code of ours gives to an exception of these names."""
    found = set()
    for package in ("client_core", "server"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    name = node.func.id if isinstance(node.func, ast.Name) else ""
                    if name in names:
                        found.add(node.args[0].value)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_a_generated_table_of_the_page_is_current(name: str) -> None:
    current = f"<!-- {name} -->\n\n{TABLES[name]()}\n" in PAGE.read_text(encoding="utf-8")
    assert current, "write it anew: python tests/house/test_errors_page.py"


def test_every_code_of_a_file_is_explained() -> None:
    assert raised(RAISED_IN_FILES) - set(FILES) == set()


def test_every_code_of_a_device_on_its_way_stands_in_the_table() -> None:
    table_text = way_table()
    codes = raised({"TransportError"})
    assert codes
    assert [code for code in codes if f"`{code}`" not in table_text and not code.startswith("file_")] == []


def test_every_problem_that_is_raised_has_a_row() -> None:
    codes = raised({"Problem"})
    assert "busy" in codes
    assert codes <= set(PROBLEMS)


def test_every_state_of_an_upstream_is_explained() -> None:
    assert set(get_args(State)) == set(UPSTREAM)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        block = re.compile(rf"<!-- {name} -->\n(?:\n(?:\|.*\n)+)?")
        made = f"<!-- {name} -->\n\n{make()}\n"
        text = block.sub(lambda _, made=made: made, text)
    PAGE.write_text(text, encoding="utf-8")

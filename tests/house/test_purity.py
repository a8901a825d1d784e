"""`sync` and `client_core.game` are pure: their syntax trees import, call and write only what every platform agrees on.

No I/O, no clock and no dice in either; in the game no float and no text function that changes with Python's version.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Look = Callable[[ast.AST], Iterator[tuple[int, str]]]
"""Finds in a syntax tree the lines with something, and says what."""

PURE = {
    *("__future__", "bisect", "collections", "contextlib", "copy", "dataclasses", "enum", "functools", "hashlib"),
    *("heapq", "itertools", "msgspec", "operator", "struct", "types", "typing", "zlib"),
}
ALLOWED = {"sync": PURE | {"sync"}, "client_core/game": (PURE - {"zlib"}) | {"fractions", "math", "client_core.game"}}

WORLDLY_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint", "hash", "id"}
"""Calls that touch the world, or whose result differs from one process to the next."""

PUBLISHING = "client_core/game/publish.py"
"""The one file of the game that may compute in floats: what it computes is published as integers."""

UNICODE_METHODS = {
    *("lower", "upper", "casefold", "title", "capitalize", "swapcase", "isalnum", "isalpha", "isdigit", "isdecimal"),
    *("isnumeric", "islower", "isupper", "istitle", "isspace", "isprintable", "isidentifier"),
}
"""Methods that ask the Unicode tables of the running Python: 3.11 and the browser's 3.14 disagree."""


def imports_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every module that is imported, wherever in the file; a name from `math` counts as a module of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            if module in {"math", "client_core"}:
                yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def is_allowed(module: str, allowed: set[str]) -> bool:
    if module.partition(".")[0] == "math":
        return "math" in allowed and module in {"math", "math.isqrt"}
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def worldly_calls_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORLDLY_CALLS:
            yield node.lineno, f"{node.func.id}()"


def floats_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where a float is written, made or could come out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"the float {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "true division"
        elif isinstance(node, ast.Name) and node.id in {"float", "complex"}:
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
            if node.attr != "isqrt":
                yield node.lineno, f"math.{node.attr}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.right, ast.UnaryOp):
            yield node.lineno, "a negative power"


def unicode_methods_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Calls of a method that asks the Unicode tables, also as `map(str.lower, ...)`."""
    for node in ast.walk(tree):
        method = node.func if isinstance(node, ast.Call) else node
        if not isinstance(method, ast.Attribute) or method.attr not in UNICODE_METHODS:
            continue
        if isinstance(node, ast.Call) or (isinstance(method.value, ast.Name) and method.value.id == "str"):
            yield node.lineno, f".{method.attr}()"


def found_in(root: Path, package: str, look: Look, *, leaving_out: str = "") -> list[str]:
    """What one look finds in the files of a package, as `file:line: what`."""
    paths = sorted((root / package).rglob("*.py"))
    assert paths, f"{package} is empty"
    return [
        f"{name}:{line}: {what}"
        for path in paths
        if (name := path.relative_to(root).as_posix()) != leaving_out
        for line, what in look(ast.parse(path.read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize("package", ALLOWED)
def test_a_pure_package_imports_only_what_is_on_its_list(root: Path, package: str) -> None:
    allowed = ALLOWED[package]

    def foreign(tree: ast.AST) -> Iterator[tuple[int, str]]:
        return ((line, module) for line, module in imports_in(tree) if not is_allowed(module, allowed))

    # Publication may use all of math; its other imports are held to the list like everybody's.
    found = found_in(root, package, foreign)
    assert [entry for entry in found if not (entry.startswith(PUBLISHING) and ": math" in entry)] == []


@pytest.mark.parametrize("package", ALLOWED)
def test_a_pure_package_calls_nothing_that_touches_the_world_or_differs_by_process(root: Path, package: str) -> None:
    assert found_in(root, package, worldly_calls_in) == []


def test_the_rule_book_computes_in_integers(root: Path) -> None:
    assert found_in(root, "client_core/game", floats_in, leaving_out=PUBLISHING) == []


def test_the_rule_book_asks_no_unicode_tables(root: Path) -> None:
    assert found_in(root, "client_core/game", unicode_methods_in) == []


@pytest.mark.parametrize(
    ("look", "source"),
    [
        (floats_in, "half = 0.5"),
        (floats_in, "rate = points / minutes"),
        (floats_in, "points /= 2"),
        (floats_in, "x = float(text)"),
        (floats_in, "def metres() -> float: ..."),
        (floats_in, "import math\nx = math.hypot(3, 4)"),
        (floats_in, "x = 10 ** -7"),
        (unicode_methods_in, "name.lower()"),
        (unicode_methods_in, "names = map(str.casefold, names)"),
        (worldly_calls_in, "print(score)"),
        (worldly_calls_in, "order = hash(stream)"),
    ],
)
def test_the_looks_see_what_they_are_for(look: Look, source: str) -> None:
    assert list(look(ast.parse(source)))


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("from math import isqrt", True),
        ("from math import floor", False),
        ("import time", False),
        ("def f():\n    import os", False),
        ("from client_core import store", False),
        ("from client_core.game.fences import Circle", True),
        ("import collections.abc", True),
        ("from hashlib import sha256", True),
        ("from random import random", False),
        ("import unicodedata", False),
        ("from . import fences", False),
        ("from sync.event import Event", False),
    ],
)
def test_an_import_is_judged_by_its_whole_name(source: str, allowed: bool) -> None:
    modules = [module for _, module in imports_in(ast.parse(source))]
    assert all(is_allowed(module, ALLOWED["client_core/game"]) for module in modules) is allowed

"""The house keeps its shape: short functions, telling names, no cycles, a handful of commands."""

from __future__ import annotations

import ast
import graphlib
import re
from pathlib import Path

import grimp
import pytest

PACKAGES = ["sync", "client_core", "server"]
FUNCTION_LINES_MAX = 70
TARGETS_MAX = 10
HOMELESS_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "misc"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_longer_than_a_page(root: Path, package: str) -> None:
    long = []
    for path in (root / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long.append(f"{path.relative_to(root)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_every_module_says_by_its_name_what_it_holds(root: Path) -> None:
    modules = [path for package in PACKAGES for path in (root / package).rglob("*") if "__pycache__" not in path.parts]
    assert modules
    assert [str(path.relative_to(root)) for path in modules if path.stem in HOMELESS_NAMES] == []


def test_no_test_folder_is_a_package_that_would_shadow_ours(root: Path) -> None:
    assert list((root / "tests").rglob("__init__.py")) == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert any(imports.values())
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_makefile_is_ten_commands_of_one_line_at_most(root: Path) -> None:
    lines = [line for line in (root / "Makefile").read_text().splitlines() if line and not line.startswith("#")]
    targets = [line for line in lines if re.match(r"[a-z-]+:", line)]
    others = [line for line in lines if line not in targets and not re.match(r"(\.PHONY:|[a-z]+ :=)", line)]
    assert 0 < len(targets) <= TARGETS_MAX
    assert others == []
    assert all(" ; " in line and not line.endswith("\\") for line in targets)
    phony = next(line for line in lines if line.startswith(".PHONY:"))
    assert [line.split(":")[0] for line in targets] == phony.split()[1:]


def test_every_make_command_sets_up_what_it_needs(root: Path) -> None:
    targets = re.findall(r"^([a-z-]+):(.*?);", (root / "Makefile").read_text(), flags=re.MULTILINE)
    assert targets
    assert [name for name, needs in targets if name != "setup" and needs.split() != ["setup"]] == []

"""Size budgets, counted from the syntax tree: a module, a function, a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gates", "sandbox", "journeys", "load", "tests", "benchmarks", "demo")
MODULE_LINES = 400
FUNCTION_LINES = 50
TEST_LINES = 40
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "data", "info", "process"}


def sources() -> list[Path]:
    """Return every Python file of the project."""
    found = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in found if "node_modules" not in path.parts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return a function's lines without its docstring: explaining must not cost."""
    end = node.end_lineno or node.lineno
    first = node.body[0]
    is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    doc = (first.end_lineno or first.lineno) - first.lineno + 1 if is_doc else 0
    return end - node.lineno + 1 - doc


def name_of(path: Path) -> str:
    """Return a file's path inside the project."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_every_module_stays_within_its_budget(path: Path) -> None:
    """A module has at most 400 lines, a function at most 50, a test at most 40."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    budget = {True: TEST_LINES, False: FUNCTION_LINES}
    long = [
        f"{node.name}: {length(node)}"
        for node in functions(path)
        if length(node) > budget[node.name.startswith("test_")]
    ]

    assert lines <= MODULE_LINES
    assert long == []


@pytest.mark.parametrize("path", [p for p in sources() if p.name.startswith("test_")], ids=name_of)
def test_every_test_states_its_behaviour(path: Path) -> None:
    """Each test function carries a docstring."""
    silent = [n.name for n in functions(path) if n.name.startswith("test_") and ast.get_docstring(n) is None]

    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """Modules are named by what they own, never `utils` and its kin."""
    empty = [name_of(path) for path in sources() if path.stem in FORBIDDEN_NAMES]

    assert empty == []

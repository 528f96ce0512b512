"""A producer holds what it sees against numbers of the catalogue, never against numbers of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    path for folder in ("readiness", "validation") for path in sorted((ROOT / "tests" / folder).rglob("*.py"))
]
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_STATUSES = range(100, 600)
"""Classes of HTTP statuses are no threshold."""


def own_numbers(tree: ast.AST) -> Iterator[str]:
    """Yield each comparison that decides a demand by a number of the module, with its line."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for condition in _conditions(function):
                for found in ast.walk(condition):
                    if isinstance(found, ast.Compare) and _has_own_number(found):
                        yield f"{found.lineno}: {ast.unparse(found)}"


def _conditions(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield the first argument of each `demand`, and what the names in it were assigned."""
    assigned = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "demand" and node.args:
            yield node.args[0]
            names = {one.id for one in ast.walk(node.args[0]) if isinstance(one, ast.Name)}
            yield from (assigned[name] for name in names if name in assigned)


def _has_own_number(comparison: ast.Compare) -> bool:
    sides = [comparison.left, *comparison.comparators]
    is_ordered = any(isinstance(operator, _ORDERED) for operator in comparison.ops)
    return is_ordered and any(_is_own(part) for side in sides for part in _parts(side))


def _parts(side: ast.expr) -> Iterator[ast.AST]:
    """Yield the parts of a side; what a function is called with is no number of the comparison."""
    yield side
    if not isinstance(side, ast.Call):
        for part in ast.iter_child_nodes(side):
            yield from _parts(part) if isinstance(part, ast.expr) else ()


def _is_own(part: ast.AST) -> bool:
    if isinstance(part, ast.Name):  # a tolerance is for clocks that differ, not for the platform
        return part.id.isupper() and not part.id.endswith("_TOLERANCE")
    if not isinstance(part, ast.Constant) or not isinstance(part.value, int | float):
        return False
    return part.value not in (0, 1) and part.value not in _STATUSES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_producer_has_a_threshold_of_its_own(path: Path) -> None:
    """A threshold is changed in one file: the criterion's document (docs/extend.md)."""
    assert list(own_numbers(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("demand(age <= OLDEST, 'old')", True),
        ("demand(seconds < 2.5, 'slow')", True),
        ("is_soon = seconds < _LONGEST_S\n    demand(is_soon, 'slow')", True),
        ("demand(400 <= status < 500, 'not refused')", False),
        ("demand(len(found) > 1, 'one')", False),
        ("limit = target.demand('A-1').limit('seconds')\n    demand(seconds < limit, 'slow')", False),
    ],
)
def test_a_number_of_a_module_is_noticed(text: str, is_found: bool) -> None:  # noqa: FBT001 - a table
    """Inside the demand, or in the condition that it names."""
    assert bool(list(own_numbers(ast.parse(f"def test():\n    {text}")))) is is_found

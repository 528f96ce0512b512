"""Size budgets, counted from the syntax tree: a module, a function, a test."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.source_files import functions, length, name_of, sources

MODULE_LINES = 400
FUNCTION_LINES = 50
TEST_LINES = 40
COMPOSITION_LINES = 250
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "data", "info", "process"}


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


def test_the_composition_only_composes() -> None:
    """What builds adapters and hands them on fits in 250 lines a file; more is a decision or an adapter."""
    files = [path for path in sources() if name_of(path).startswith("gates/composition/")]
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}

    assert lines
    assert [name for name, count in lines.items() if count > COMPOSITION_LINES] == []


@pytest.mark.parametrize("path", [p for p in sources() if p.name.startswith("test_")], ids=name_of)
def test_every_test_states_its_behaviour(path: Path) -> None:
    """Each test function carries a docstring."""
    silent = [n.name for n in functions(path) if n.name.startswith("test_") and ast.get_docstring(n) is None]

    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    """Modules are named by what they own, never `utils` and its kin."""
    empty = [name_of(path) for path in sources() if path.stem in FORBIDDEN_NAMES]

    assert empty == []

"""Tests stand alone: what several of them need is in `tests/support` or in a `conftest.py`.

The producers in `tests/readiness` and `tests/validation` are the exception. They are no tests of our code but
the system under test: `tests/gate/producers`, `tests/sandbox/faults` and this folder call them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source_files import ROOT, name_of

REPLACED = 'setattr(composition, "Context"'
PRODUCERS = ("tests.readiness.", "tests.validation.")
TEST_MODULES = sorted((ROOT / "tests").rglob("*.py"))


def modules(path: Path) -> Iterator[str]:
    """Yield what a file imports, each name in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_test_module(name: str) -> bool:
    """Whether an imported name stands in a test module that is no producer."""
    return name.startswith("tests.") and ".test_" in name and not name.startswith(PRODUCERS)


@pytest.mark.parametrize("path", TEST_MODULES, ids=name_of)
def test_no_file_imports_a_test_module(path: Path) -> None:
    """A test can be moved, renamed or deleted without breaking another."""
    assert [name for name in modules(path) if is_test_module(name)] == []


def test_the_rule_finds_an_import_and_lets_producers_pass(tmp_path: Path) -> None:
    """Whole modules and single names; a support module with `test` in its name is none."""
    file = tmp_path / "test_it.py"
    file.write_text(
        "import tests.gate.test_two_gates\n"
        "from tests.gate.cli import test_run\n"
        "from tests.gate.cli.test_run import context\n"
        "from tests.readiness.security.test_grants import test_a_grant\n"
        "from tests.support.tested import value\n"
    )
    assert [name for name in modules(file) if is_test_module(name)] == [
        "tests.gate.test_two_gates",
        "tests.gate.cli.test_run",
        "tests.gate.cli.test_run.context",
    ]


def test_the_context_of_the_commands_has_one_stand_in() -> None:
    """A new part of the real context is added in one place, not in a class for each test file."""
    places = {"tests/support/fake_context.py", "tests/gate/cli/conftest.py"}
    replacing = {
        name_of(path)
        for path in TEST_MODULES
        if path.name != Path(__file__).name and REPLACED in path.read_text(encoding="utf-8")
    }

    assert replacing <= places

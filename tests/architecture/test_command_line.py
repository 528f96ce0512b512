"""The command line parses and prints; what is decided and composed stands in workflows and composition."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_files import ROOT, functions, length, name_of

CLI = ROOT / "gates" / "cli"
HELPERS = ("options", "output", "overrides", "progress", "prompts", "reports", "texts")
OUTPUT = ("click", "rich", "gates.reporting", *(f"gates.cli.{name}" for name in HELPERS))
"""Where the names come from with which a function parses or prints."""
WORDS = {"UsageError", "ExitCode"}
"""Names that a function uses when it refuses what was typed, or says how a command ended."""
TEXTS = ("str", "dict[str, Any]", "dict[str, object]")
"""What a function returns that makes a text for a person, or a document for a program."""
TERMINAL = {"__init__.py", "output.py", "progress.py", "progress_state.py", "pytest_gate.py", "signals.py"}
"""The terminal, the signals and pytest's session themselves: each function of these serves one of them."""
STILL_THERE = {
    "gates/cli/approvals.py": 25,
    "gates/cli/command.py": 13,
    "gates/cli/criteria.py": 33,
    "gates/cli/diagnose.py": 34,
    "gates/cli/drill.py": 11,
    "gates/cli/golive.py": 8,
    "gates/cli/judge.py": 22,
    "gates/cli/options.py": 6,
    "gates/cli/run.py": 7,
    "gates/cli/runbook.py": 43,
}
"""Lines of other functions by file: they are to be moved, so a figure may only shrink."""


def shown_by(tree: ast.Module) -> set[str]:
    """Return the names of a module with which it parses or prints."""
    names = set(WORDS)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(OUTPUT):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname or alias.name for alias in node.names if alias.name in OUTPUT}
    return names


def silent(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a file that neither parse nor print."""
    shown = shown_by(ast.parse(path.read_text(encoding="utf-8")))
    for node in functions(path):
        used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        is_text = node.returns is not None and ast.unparse(node.returns) in TEXTS
        if not is_text and not used & shown:
            yield node


def test_a_function_of_the_command_line_parses_or_prints() -> None:
    """What does neither has no place there; what is left of it is listed, and may only shrink."""
    paths = [path for path in sorted(CLI.glob("*.py")) if path.name not in TERMINAL]
    found = {name_of(path): [f"{one.name}: {length(one)}" for one in silent(path)] for path in paths}
    lines = {name_of(path): sum(map(length, silent(path))) for path in paths if found[name_of(path)]}
    assert {name: size for name, size in lines.items() if size > STILL_THERE.get(name, 0)} == {}, found
    assert {name: size for name, size in STILL_THERE.items() if lines.get(name, 0) < size} == {}, lines

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
TERMINAL = {"__init__.py", "output.py", "progress.py", "pytest_gate.py", "signals.py"}
"""The terminal, the signals and pytest's session themselves: each function of these serves one of them."""


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
    """What does neither is a use case, a text or a part of an adapter, and has its place there."""
    paths = [path for path in sorted(CLI.glob("*.py")) if path.name not in TERMINAL]
    found = {name_of(path): [f"{one.name}: {length(one)} lines" for one in silent(path)] for path in paths}

    assert {name: lines for name, lines in found.items() if lines} == {}


def commands() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield the functions that click calls as commands, with their files."""
    for path in sorted(CLI.glob("*.py")):
        for node in functions(path):
            decorators = [ast.unparse(one) for one in node.decorator_list]
            is_command = any(".command(" in one or ".group(" in one for one in decorators)
            if isinstance(node, ast.FunctionDef) and is_command:
                yield name_of(path), node


def test_a_command_has_typed_parameters() -> None:
    """Click converts each word to the type that the parameter names: nothing is cast afterwards."""
    untyped = [
        f"{name}:{node.lineno} {node.name}"
        for name, node in commands()
        if node.args.kwarg is not None
        or any(
            one.annotation is None or ast.unparse(one.annotation) in ("object", "Any")
            for one in (*node.args.args, *node.args.kwonlyargs)
        )
    ]
    assert sum(1 for _ in commands()) > 60
    assert untyped == []

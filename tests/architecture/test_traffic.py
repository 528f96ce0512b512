"""Traffic is moved in one way: one call of the port outside the adapters, one proof."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITE = "write_traffic"
ANSWERS = {"answering_revision", "answering_behind"}
ADAPTERS = ROOT / "gates/adapters"


def calls(names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    """Yield every call in the gate of a method with one of these names, and where it stands."""
    for path in sorted((ROOT / "gates").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr=name)) if name in names:
                    yield path.relative_to(ROOT), node


def names_traffic(node: ast.AST) -> bool:
    """Whether a node is the field `traffic` of an update mask, or makes the messages of a list."""
    match node:
        case ast.Name(id="traffic_targets"):
            return True
        case ast.Tuple(elts=fields) | ast.List(elts=fields):
            return any(isinstance(one, ast.Constant) and one.value == "traffic" for one in fields)
        case _:
            return False


def asked_by_a_proof(path: Path) -> set[int]:
    """Return the lines of a file that stand inside of a `Proof(...)`."""
    found: set[int] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Proof":
            found |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def test_one_function_outside_the_adapters_writes_traffic() -> None:
    """What every goal shares is written once: fresh read, etag, journal, retry."""
    outside = [str(path) for path, _ in calls({WRITE}) if ADAPTERS not in (ROOT / path).parents]

    assert outside == ["gates/actions/traffic_move.py"]


def test_one_function_of_the_adapters_sends_updates_of_a_service() -> None:
    """Quota, deadlines and lost answers are handled there."""
    assert [str(path) for path, _ in calls({"update_service"})] == ["gates/adapters/google/cloud_run_api.py"]


def test_one_function_of_the_adapters_sends_a_traffic_list() -> None:
    """With a new revision or without: whoever names the field `traffic` in an update mask writes it."""
    found = {
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in sorted(ADAPTERS.rglob("*.py"))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if names_traffic(node)
    }

    assert found == {"gates/adapters/google/cloud_run.py: write_traffic"}


def test_a_service_is_asked_who_it_is_as_a_proof_and_nowhere_else() -> None:
    """So that every move is proven by as many answers in a row."""
    outside = [(path, call) for path, call in calls(ANSWERS) if ADAPTERS not in (ROOT / path).parents]
    loose = [f"{path}:{call.lineno}" for path, call in outside if call.lineno not in asked_by_a_proof(path)]

    assert outside
    assert loose == []

"""What is expensive to make is made once per run: its checks stay together, or run on the one main worker."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOTS = ("tests/validation", "tests/readiness")
LIGHT = {
    "account": "makes people when asked, each for one check",
    "canary": "a listener of this machine",
    "candidate": "reads when asked",
    "credentials": "tokens are shared by the run",
    "deployed": "reads when asked",
    "page": "asks when asked",
    "plan": "a value",
    "policies": "one list of the monitoring API",
    "records": "one record of each kind in a tenant of its own",
    "sql": "a client",
    "stranger": "a value",
    "tenant": "one request that shows that its key is good",
    "volley": "a sender",
    "window": "a value",
}
"""Fixtures of a session or module that each worker may make for itself, and why."""
MAIN = {"alone", "turn", "waits"}
Function = ast.FunctionDef


def functions() -> Iterator[tuple[Path, ast.Module, Function]]:
    """Yield every function of the producers."""
    for root in ROOTS:
        for file in sorted(Path(root).rglob("*.py")):
            module = ast.parse(file.read_text(encoding="utf-8"))
            yield from ((file, module, node) for node in module.body if isinstance(node, Function))


def marks(nodes: list[ast.expr]) -> Iterator[tuple[str, str]]:
    """Yield name and first argument of each `pytest.mark.name(argument)`."""
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        call = node.func if isinstance(node, ast.Call) else node
        if isinstance(call, ast.Attribute) and ast.unparse(call.value) == "pytest.mark":
            argument = node.args[0] if isinstance(node, ast.Call) and node.args else None
            yield call.attr, str(argument.value) if isinstance(argument, ast.Constant) else ""


def scope(function: Function) -> str | None:
    """Return the scope of a fixture, None for any other function."""
    for decorator in function.decorator_list:
        if ast.unparse(decorator).startswith("pytest.fixture"):
            given = decorator.keywords if isinstance(decorator, ast.Call) else []
            return next((ast.literal_eval(k.value) for k in given if k.arg == "scope"), "function")
    return None


def arguments(function: Function) -> set[str]:
    """Return the names that a function asks for."""
    return {one.arg for one in (*function.args.args, *function.args.kwonlyargs)}


def place(module: ast.Module, function: Function) -> str:
    """Return where a check runs: `main`, or the name of its group."""
    whole = [
        n.value
        for n in module.body
        if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "pytestmark"
    ]
    found = list(marks([*function.decorator_list, *whole]))
    is_main = any(name in MAIN or (name, given) == ("impact", "noisy") for name, given in found)
    return "main" if is_main else next((given for name, given in found if name == "together"), function.name)


def fixtures() -> dict[str, Function]:
    """Return all fixtures of the producers by name."""
    return {function.name: function for _, _, function in functions() if scope(function)}


KEPT = sorted(
    name for name, function in fixtures().items() if scope(function) != "function" and name not in LIGHT
)


@pytest.mark.parametrize("name", KEPT)
def test_checks_that_share_what_is_expensive_run_on_one_worker(name: str) -> None:
    """Else each worker would make it again: twice the load, two sets of figures."""
    known, wanted = fixtures(), {name}
    while more := {f for f, node in known.items() if arguments(node) & wanted} - wanted:
        wanted |= more
    places = {
        (str(file), place(module, function))
        for file, module, function in functions()
        if function.name.startswith("test_") and arguments(function) & wanted
    }

    assert places
    assert len({where for _, where in places}) == 1 or {
        "contract of {service}",
        "contract in depth of {service}",
    } == {where for _, where in places}


def test_every_light_fixture_is_there() -> None:
    """The list of exceptions does not grow old."""
    assert LIGHT.keys() <= fixtures().keys()

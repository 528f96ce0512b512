"""A known-bad revision breaks its service's own code: it never looks for what a probe happens to send."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.readiness.security import test_authentication as authentication
from tests.readiness.security import test_endpoints as endpoints
from tests.readiness.security import test_injection as injection

FAULTS = sorted(Path("sandbox/faults").glob("*.py"))
BYTES_OF_A_REQUEST = {"body", "query", "query_string", "content"}
SEARCHES = {"search", "match", "fullmatch", "findall", "finditer", "sub", "count", "find", "startswith"}
DRAWN: Mapping[str, Callable[[Random], Any]] = {
    "quotes": injection.quotes,
    "commands": injection.commands,
    "sums": injection.sums,
    "markup": injection.markup,
    "hostile": endpoints.hostile,
    "nested": lambda dice: endpoints.nested(dice, 5),
    "too large": endpoints.too_large,
    "injections": authentication.injections,
}


def looks_for_a_constant(node: ast.AST) -> bool:
    """Whether code compares the bytes of a request with text of its own, or searches them for it."""
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SEARCHES:
        parts = [node.func.value, *node.args]
    else:
        return False
    texts = [one for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str | bytes)]
    names = {name.id for part in parts for name in ast.walk(part) if isinstance(name, ast.Name)}
    return bool(texts) and not names.isdisjoint(BYTES_OF_A_REQUEST)


@pytest.mark.parametrize("file", FAULTS, ids=lambda file: file.stem)
def test_no_fault_looks_for_a_payload(file: Path) -> None:
    """Otherwise the bench would measure that fault and probe were written together."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [ast.unparse(node) for node in ast.walk(tree) if looks_for_a_constant(node)] == []


@pytest.mark.parametrize(
    "code",
    ["b'NaN' in body", "re.search(rb'SYSTEM', body)", "body.count(b'[') > 9", "'{{7*7}}' in query(scope)"],
)
def test_what_looks_for_a_payload_is_recognised(code: str) -> None:
    """Each of these stood in a fault."""
    assert any(looks_for_a_constant(node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("name", DRAWN)
def test_another_seed_sends_other_bytes_of_the_same_kind(name: str) -> None:
    """The same seed sends the same ones, and there are as many of them."""
    draw = DRAWN[name]
    first, again, other = (draw(Random(text)) for text in ("1", "1", "2"))  # noqa: S311 - payloads
    assert first == again
    assert first != other
    assert name == "markup" or len(first) == len(other)

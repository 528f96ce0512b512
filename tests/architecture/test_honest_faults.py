"""A known-bad revision breaks its service's own code: it never looks for what a probe happens to send."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.readiness.security import forgeries
from tests.readiness.security import test_assistant as assistant
from tests.readiness.security import test_authentication as authentication
from tests.readiness.security import test_callers as callers
from tests.readiness.security import test_endpoints as endpoints
from tests.readiness.security import test_framing as framing
from tests.readiness.security import test_injection as injection
from tests.readiness.security import test_tokens as tokens

FAULTS = sorted(Path("sandbox/faults").glob("*.py"))
BYTES_OF_A_REQUEST = {"body", "query", "query_string", "content", "text", "question"}
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
    "no texts": authentication.no_texts,
    "garbage": tokens.garbage,
    "key ids": forgeries.hostile_kids,
    "wrong types": forgeries.wrong_types,
    "claimed": callers.claimed,
    "ambiguous": framing.ambiguous,
    "entity": lambda dice: injection.entity(dice, "http://127.0.0.1/"),
    "orders": lambda dice: assistant.orders(dice, "ast_1", "thr_1", "dec_1"),
    "instruction": lambda dice: assistant.instruction(dice, "http://127.0.0.1/", "ast_1"),
    "link": lambda dice: assistant.link(dice, "http://127.0.0.1/"),
}
TEXTS = {"markup", "entity", "instruction", "link"}
"""What is one text and not several, whose length says nothing."""


def looks_for_a_constant(node: ast.AST) -> bool:
    """Whether code compares the bytes of a request with text of its own, or searches them for it."""
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SEARCHES:
        parts = [node.func.value, *node.args]
    else:
        return False
    texts = [one for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str | bytes)]
    named = [one for part in parts for one in ast.walk(part) if isinstance(one, ast.Name | ast.Attribute)]
    names = {one.id if isinstance(one, ast.Name) else one.attr for one in named}
    return bool(texts) and not names.isdisjoint(BYTES_OF_A_REQUEST)


@pytest.mark.parametrize("file", FAULTS, ids=lambda file: file.stem)
def test_no_fault_looks_for_a_payload(file: Path) -> None:
    """Otherwise the bench would measure that fault and probe were written together."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert [ast.unparse(node) for node in ast.walk(tree) if looks_for_a_constant(node)] == []


@pytest.mark.parametrize(
    "code",
    [
        *("b'NaN' in body", "re.search(rb'SYSTEM', body)", "body.count(b'[') > 9"),
        *("'{{7*7}}' in query(scope)", "token.text == 'null'"),
    ],
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
    assert name in TEXTS or len(first) == len(other)

"""The drawing of the error tree and the classes are the same."""

from __future__ import annotations

import inspect
import re

from gates import errors


def drawn() -> dict[str, str]:
    """Return child → parent as drawn in the module's docstring."""
    tree: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^((?:[│ ]   |[├└]── )*)(\w+Error)\b", line)
        if match is None:
            continue
        depth = len(match.group(1)) // 4
        path[depth:] = [match.group(2)]
        if depth:
            tree[match.group(2)] = path[depth - 1]
    return tree


def test_the_error_tree_is_drawn_as_it_is() -> None:
    """Every error class stands in the drawing, under its real parent, and nothing else does."""
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if c.__module__ == errors.__name__]
    real = {c.__name__: c.__bases__[0].__name__ for c in classes if c is not errors.GateError}

    assert drawn() == real

"""Which producers exist, read from the test files without importing them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from gates.errors import DocumentError


def existing(node_ids: Iterable[str], *, root: Path) -> tuple[str, ...]:
    """Return those of the node ids (`path.py::test_name`, relative to `root`) whose test is written down.

    Raises:
        DocumentError: a test file is not Python.
    """

    @cache
    def names(path: str) -> frozenset[str]:
        return frozenset(_top_level_names(root / path))

    split = ((node_id, *node_id.split("::", 1)) for node_id in node_ids)
    return tuple(node_id for node_id, path, name in split if name in names(path))


def _top_level_names(file: Path) -> Iterator[str]:
    if not file.is_file():
        return
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        cause = f"not Python: {error.msg}"
        raise DocumentError(
            cause, path=str(file), line=error.lineno or 1, column=error.offset or 1
        ) from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))

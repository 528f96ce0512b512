"""docs/rollback-faults.md names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<fault>[^|]+) \| (?P<done>[^|]+) \| `(?P<path>[^:`]+)::(?P<test>\w+)` \|$")


def rows() -> list[re.Match[str]]:
    """Return the rows of the table."""
    lines = (ROOT / "docs" / "rollback-faults.md").read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ") and "proved by" not in line]
    found = [ROW.match(line) for line in table]
    assert None not in found, "a row has another form than the others"
    return [row for row in found if row is not None]


def test_every_fault_names_a_test_that_exists() -> None:
    """A test that is renamed or dropped takes its row with it."""
    missing = []
    for row in rows():
        tree = ast.parse((ROOT / row["path"]).read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        missing += [row["fault"]] if row["test"] not in names else []

    assert missing == []


def test_at_least_thirty_faults_are_told_each_once() -> None:
    """No fault twice, and none without an expected behaviour."""
    faults = [row["fault"] for row in rows()]

    assert len(faults) == len(set(faults)) >= 30

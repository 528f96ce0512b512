"""What looks until something holds does so by `Clock.until`: one meaning of a deadline, one of a pause."""

from __future__ import annotations

import ast

from tests.architecture.source_files import ROOT

OTHERS = {
    "gates/adapters/google/cloud_run_api.py": "a refusal for quota says how long to wait",
    "gates/adapters/google/cloud_sql.py": "a refusal says to begin again, and is the answer in the end",
    "gates/adapters/ledger/journal.py": "renews the lease until it is given back",
    "gates/adapters/producers/producer_run.py": "waits for a child, in steps",
    "gates/adapters/producers/pytest_sharing.py": "waits for another thread",
    "gates/adapters/services/operator_sign_in.py": "each one-time code has a time of its own",
    "gates/cli/decisions.py": "watches until it is stopped",
    "gates/cli/progress.py": "shows until it is ended",
    "gates/model/clock.py": "the loop itself",
    "gates/workflows/golive.py": "follows a timeline of days",
}
"""Loops that wait for something else than an answer that holds."""
_WAITS = {"wait", "_wait", "sleep"}


def waits(loop: ast.While) -> bool:
    """Whether a call of the loop waits."""
    calls = (node.func for node in ast.walk(loop) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Attribute) and called.attr in _WAITS for called in calls)


def test_a_loop_that_waits_is_the_clocks_or_has_its_reason() -> None:
    """A new one is written with `until`; one that is gone leaves the list."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "gates").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.While) and waits(node)
    }

    assert found == OTHERS.keys()

"""`gate sla`: kept, missed, or too little to say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates import cli
from gates.model.exit_code import ExitCode
from tests.support.fake_room import FakeOperations


def run(*words: str) -> ExitCode:
    """Run the command in the sandbox."""
    return cli.invoke(["sla", *words, "--env", "sandbox"])


@pytest.mark.parametrize(
    ("changed", "code", "shown"),
    [
        ({}, ExitCode.GO, "kept    a: 3000 requests; availability 100.000 %"),
        ({"error_ratio": 0.001}, ExitCode.NO_GO, "MISSED  a: 3000 requests; availability 99.900 %"),
        ({"p95_ms": 2000.0}, ExitCode.NO_GO, "p95 2000 ms (demanded < 2,000 ms)"),
        ({"requests": 2994}, ExitCode.INCONCLUSIVE, "1 more requests are needed"),
        ({"requests": 10, "error_ratio": 0.1}, ExitCode.NO_GO, "MISSED"),
        ({"error_ratio": None}, ExitCode.INCONCLUSIVE, "no data"),
    ],
)
def test_levels_are_compared_with_the_catalogue(
    operations: FakeOperations,
    changed: dict[str, float | None],
    code: ExitCode,
    shown: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No data and too few requests are never kept; a miss is one however few there were."""
    operations.levels = replace(operations.levels, **changed)  # type: ignore[arg-type]
    assert run() is code
    assert shown in capsys.readouterr().out


def test_a_window_has_a_unit(operations: FakeOperations) -> None:
    """Minutes, hours or days."""
    assert run("--window", "7d") is ExitCode.GO
    assert run("--window", "24") is ExitCode.USAGE_ERROR

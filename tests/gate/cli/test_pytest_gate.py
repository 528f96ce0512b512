"""A session that shall end with a verdict and cannot begin leaves as `gate run` does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import forked_pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[3]
QUIET = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
"""The process that is forked has imported the plugins already."""


@pytest.mark.parametrize(
    "options",
    [
        ["--gate", "immediate"],
        ["--gate", "immediate", "--env", "nowhere"],
        ["--gate", "no-such-stage", "--env", "sandbox"],
        ["--gate", "immediate", "--env", "sandbox", "--gate-deadline", "soon"],
    ],
)
def test_wrong_usage_is_no_verdict(options: list[str], tmp_path: Path) -> None:
    """Nothing was looked at: pytest says so with the code for wrong arguments."""
    variables = {"GATE_REPORTS": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}
    status = forked_pytest.run(["-q", *QUIET, *options], folder=ROOT, environment=variables, seconds=60)

    assert status == 4
    assert not [entry for entry in tmp_path.iterdir() if entry.is_dir()]

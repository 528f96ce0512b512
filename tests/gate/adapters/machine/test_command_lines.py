"""Command lines of a benchmark arm."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from gates.adapters.machine.command_lines import CommandLines
from gates.errors import ConfigurationError


def test_a_command_line_runs_without_a_shell(tmp_path: Path) -> None:
    """Its words arrive as they are; none at all is nothing to do."""
    made = tmp_path / "$HOME"
    CommandLines().run([sys.executable, "-c", f"open({str(made)!r}, 'w').close()"])
    CommandLines().run([])
    assert made.exists()


@pytest.mark.parametrize("words", [["/nowhere/at/all"], [sys.executable, "-c", "raise SystemExit('no')"]])
def test_a_command_line_that_fails_is_an_error(words: list[str]) -> None:
    """It cannot be started, or it says no."""
    with pytest.raises(ConfigurationError):
        CommandLines().run(words)


def test_a_command_line_can_run_in_the_middle(tmp_path: Path) -> None:
    """After its time; a block that ends before leaves it out."""
    made = tmp_path / "made"
    words = [sys.executable, "-c", f"open({str(made)!r}, 'w').close()"]
    with CommandLines().within(words, 60.0):
        pass
    assert not made.exists()
    with CommandLines().within(words, 0.01):
        threading.Event().wait(0.2)
    assert made.exists()

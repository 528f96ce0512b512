"""Which producers exist, without importing them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.adapters.producers.producer_files import existing
from gates.errors import DocumentError

SOURCE = """
import nothing_that_exists

def test_plain(): ...
async def test_async(): ...
test_generated = make()

def outer():
    def test_hidden(): ...
"""


def test_only_tests_that_are_written_down_exist(tmp_path: Path) -> None:
    """Functions and generated tests of the module count; nested ones, other names and other files do not."""
    (tmp_path / "test_a.py").write_text(SOURCE, encoding="utf-8")
    names = ("test_plain", "test_async", "test_generated", "test_hidden", "test_gone")
    node_ids = [*(f"test_a.py::{name}" for name in names), "test_b.py::test_plain"]

    assert existing(node_ids, root=tmp_path) == tuple(node_ids[:3])


def test_a_test_file_that_is_not_python_is_refused_at_its_place(tmp_path: Path) -> None:
    """A broken producer must not look like a missing one."""
    (tmp_path / "test_a.py").write_text("def test_x(:\n", encoding="utf-8")

    with pytest.raises(DocumentError, match=r"test_a\.py:1:12: not Python"):
        existing(["test_a.py::test_x"], root=tmp_path)

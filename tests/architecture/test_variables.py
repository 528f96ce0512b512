"""Every variable that the code reads stands in docs/reference/environment.md, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "environment.md"
READERS = ("gates", "load", "journeys", "sandbox", "tests/validation", "tests/readiness", "demo", "tools")
_NAME = re.compile(r"\bGATE_[A-Z][A-Z_]*[A-Z]\b")


def read_by_the_code() -> dict[str, str]:
    """Return the variables that the code names, each with a file that does."""
    files = (path for folder in READERS for path in sorted((ROOT / folder).rglob("*.py")))
    return {name: str(path) for path in files for name in _NAME.findall(path.read_text(encoding="utf-8"))}


READ = read_by_the_code()
TOLD = set(re.findall(r"^\| `(GATE_[A-Z_]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", sorted(READ))
def test_a_variable_of_the_code_is_documented(name: str) -> None:
    """A hint that names a variable leads to a page that explains it."""
    assert name in TOLD, f"{READ[name]} reads it; docs/reference/environment.md does not explain it"


def test_no_variable_is_documented_that_nobody_reads() -> None:
    """A table of what once was leads people astray."""
    assert TOLD - READ.keys() == set()


def test_the_page_can_be_found_from_the_readme() -> None:
    """Who looks for a variable starts there."""
    assert "docs/reference/environment.md" in (ROOT / "README.md").read_text(encoding="utf-8")

"""The pages under docs/ are true: `gate` understands each command line that they tell people to type.

docs/sign-off.md is typed as a whole by `make sign-off`.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from gates.cli import gate
from tests.support.typed_lines import command_lines, understand

ROOT = Path(__file__).parents[3]
PAGES = ("on-call", "load", "extend", "ci")
MEANT = {
    "E": "sandbox",
    "SERVICE": "auth-service",
    "REVISION": "auth-service-1",
    "CHECK": "schema",
    "ARM": "M14-slow",
    "ID": "HLT-READY",
}
"""What stands for a placeholder of a page."""
TYPED = [
    pytest.param(line, id=f"{page}: {line}")
    for page in PAGES
    for line in command_lines(ROOT / "docs" / f"{page}.md")
    if re.match(r"(\.venv/bin/)?gate ", line)
]


@pytest.mark.parametrize("line", TYPED)
def test_a_command_line_of_a_page_is_understood(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each word is something that its command takes, and nothing that it requires is missing."""
    monkeypatch.chdir(tmp_path)
    words = [
        re.sub(r"\b[A-Z]+\b", lambda word: MEANT.get(word[0], word[0]), one) for one in shlex.split(line)
    ]
    for word in words:
        if word.startswith("reports/"):
            (tmp_path / word).mkdir(parents=True)
            (tmp_path / word / "setup.json").touch()

    understand(gate, words[1:])


def test_each_page_has_commands() -> None:
    """A page whose blocks are not found would be true by accident."""
    assert {str(one.id).partition(":")[0] for one in TYPED} == set(PAGES)

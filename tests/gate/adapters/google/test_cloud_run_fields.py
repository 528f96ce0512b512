"""docs/reference/cloud-run-fields.md against the client library: no field of a service is overlooked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.cloud import run_v2

from gates.adapters.google.cloud_run import COPIED

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "reference" / "cloud-run-fields.md"
WORDS = ("reads", "changes", "copies", "keeps", "refuses")
MESSAGES = {
    "Service": run_v2.Service,
    "RevisionTemplate": run_v2.RevisionTemplate,
    "Revision": run_v2.Revision,
}


def table(message: str) -> dict[str, str]:
    """Return the page's rows about a message: what the gate does, by field."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {message}\n")[2].partition("\n## ")[0]
    return {
        name: word
        for name, word in re.findall(r"^\| (\w+) \| (\w+) \|", section, re.MULTILINE)
        if name != "field"
    }


@pytest.mark.parametrize("message", MESSAGES)
def test_the_page_has_each_field_of_the_library_in_its_order(message: str) -> None:
    """A new version of the library with another field needs a decision, and a row."""
    assert list(table(message)) == list(MESSAGES[message].meta.fields)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_page_uses_its_own_words(message: str) -> None:
    """Those that it explains at its top."""
    assert {name: word for name, word in table(message).items() if word not in WORDS} == {}


def test_the_page_says_copies_of_what_a_copy_takes_over() -> None:
    """Of a template all but the name, and what a revision does not tell."""
    template = table("RevisionTemplate")
    assert {name for name, word in template.items() if word == "copies"} == set(COPIED)
    revision = table("Revision")
    assert {name for name, word in revision.items() if word == "copies"} <= set(COPIED)


@pytest.mark.parametrize("word", ["reads", "changes"])
def test_what_the_page_says_is_read_or_changed_stands_in_the_code(word: str) -> None:
    """In the gate's own client, or in what looks at the platform for readiness."""
    folders = (ROOT / "gates" / "adapters" / "google", ROOT / "tests" / "readiness")
    code = "\n".join(
        path.read_text(encoding="utf-8") for one in folders for path in sorted(one.rglob("*.py"))
    )
    named = {name for message in MESSAGES for name, said in table(message).items() if said == word}
    assert {name for name in named if not re.search(rf"\b{name}\b", code)} == set()

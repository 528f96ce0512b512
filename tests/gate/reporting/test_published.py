"""What git keeps in reports/ is what the gate writes today."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.support.published import REPORTS, published
from tests.support.sample_verdict import RUN_ID

PUBLISHED = published()
SCHEMA = json.loads(PUBLISHED["schema/verdict.schema.json"])
VERDICT = json.loads(PUBLISHED[f"golden/{RUN_ID}/verdict.json"])


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_files_are_current(name: str) -> None:
    """After a change of form: `python -m tests.support.published`, and look at the difference."""
    assert (REPORTS / name).read_text(encoding="utf-8") == PUBLISHED[name]


def test_nothing_else_is_published() -> None:
    """A file that the gate no longer writes does not stay behind."""
    kept = {
        str(path.relative_to(REPORTS))
        for folder in ("schema", "golden")
        for path in (REPORTS / folder).rglob("*")
        if path.is_file()
    }

    assert kept == set(PUBLISHED)


def test_the_golden_verdict_fits_the_schema() -> None:
    """The schema accepts what the gate writes."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(VERDICT)


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "MAYBE"},
        {"schema": "release-gate/verdict/0"},
        {"more": 1},
        {"counts": {}},
        {"judged_at": 5},
    ],
)
def test_the_schema_refuses_other_documents(changes: dict[str, object]) -> None:
    """The schema is no rubber stamp."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(VERDICT | changes)

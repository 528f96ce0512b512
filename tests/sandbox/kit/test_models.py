"""Strict shapes: what JSON Schema allows is taken, everything else is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sandbox.kit.models import Identifier, Integer, Shape


class Sample(Shape):
    """A shape with one field of each sort."""

    how_many: Integer
    some_id: Identifier = "a"
    ratio: float = 0.0


def test_a_whole_float_is_an_integer() -> None:
    """JSON Schema calls 2.0 an integer."""
    assert Sample.model_validate_json('{"howMany": 2.0}').how_many == 2


@pytest.mark.parametrize(
    "document",
    [
        '{"howMany": true}',
        '{"howMany": "1"}',
        '{"howMany": 1.5}',
        '{"howMany": 9007199254740994}',
        '{"howMany": 1, "other": 2}',
        '{"howMany": 1, "someId": "../x"}',
        '{"howMany": 1, "ratio": NaN}',
        '{"howMany": 1, "ratio": "1"}',
    ],
)
def test_what_the_schema_forbids_is_refused(document: str) -> None:
    """Lax reading of any of these would be a wrong answer to a wrong question."""
    with pytest.raises(ValidationError):
        Sample.model_validate_json(document)


def test_the_wire_is_camel_case() -> None:
    """Answers use the names of the document."""
    assert Sample(how_many=1).model_dump(mode="json") == {"howMany": 1, "someId": "a", "ratio": 0.0}

"""The codec reads only what it could have written, and writes equal values as equal bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.adapters.documents import codec
from gates.errors import DocumentError
from gates.model.decision import RollBack
from gates.model.evidence import Evidence, EvidenceBundle, Measurement, Window
from gates.model.judgement import Waiver
from gates.model.receipt import Receipt
from tests.support.builders import NOW, back, evidence
from tests.support.drawing import examples
from tests.support.sample_verdict import receipt
from tests.support.strategies import MODEL_VALUES, NUMBERS, values

SEEN = codec.canonical(codec.encode(evidence(5.0, unit="ms")))


@pytest.mark.parametrize("kind", MODEL_VALUES, ids=lambda kind: kind.__name__)
def test_every_model_value_round_trips(kind: type[Any]) -> None:
    """Writing and reading gives the same value, and writing that gives the same bytes."""

    @settings(max_examples=examples(25))
    @given(value=values(kind))  # type: ignore[arg-type]
    def round_trip(value: Any) -> None:
        content = codec.canonical(codec.encode(value))
        again = codec.decode(kind, content, source="test")

        assert again == value
        assert codec.canonical(codec.encode(again)) == content

    round_trip()


def test_the_model_was_found() -> None:
    """The round trip is about the values that travel, not about an empty list."""
    assert {"Criterion", "Evidence", "Verdict", "Decision", "Receipt"} <= {
        kind.__name__ for kind in MODEL_VALUES
    }


def test_equal_values_are_equal_bytes() -> None:
    """Neither the zone of a time nor the type of a whole number changes the digest."""
    seen = evidence(5.0, unit="ms")
    elsewhere = seen.window.start.astimezone(timezone(timedelta(hours=9)))
    same = replace(
        seen, measurement=Measurement(value=5, unit="ms"), window=Window(start=elsewhere, end=seen.window.end)
    )

    assert seen == same
    assert codec.digest(seen) == codec.digest(same)


@given(NUMBERS)
def test_numbers_survive_exactly(number: float) -> None:
    """Every finite number is read back as itself."""
    content = codec.canonical(codec.encode(Measurement(value=number, unit="s")))

    assert codec.decode(Measurement, content, source="test").value == number


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b'"value":5', b'"value":NaN'),
        (b'"value":5', b'"value":1e999'),
        (b'"value":5', b'"value":true'),
        (b'"value":5', b'"value":"5"'),
        (b'"value":5', b'"value":5,"more":1'),
        (b'"value":5', b'"value":6,"value":5'),
        (b'"value":5', b'"value":' + b"9" * 5000),
        (b'"samples":1', b'"samples":1.0'),
        (b'"samples":1', b'"samples":-1'),
        (b'"status":"OBSERVED"', b'"status":"NOT_RUN"'),
        (b'"status":"OBSERVED"', b'"status":"observed"'),
        (b'"status":"OBSERVED",', b""),
        (b'"2026-03-01T11:58:00Z"', b'"2026-03-01T11:58:00"'),
        (b'"2026-03-01T11:58:00Z"', b"1772366280"),
        (b'"reason":""', b'"reason":null'),
        (b'"reason":""', b'"reason":"\\ud800"'),
        (b'"reason":""', b'"reason":"\xff"'),
        (SEEN, SEEN[:-1]),
        (SEEN, b"[" * 100_000),
        (SEEN, b""),
    ],
)
def test_what_could_not_have_been_written_is_refused(there: bytes, instead: bytes) -> None:
    """Wrong types, unknown or double keys, no numbers, no zone and broken text are refused, saying where."""
    assert there in SEEN

    with pytest.raises(DocumentError, match=r"^run/evidence\.jsonl:7:\d+: "):
        codec.decode(Evidence, SEEN.replace(there, instead), source="run/evidence.jsonl", line=7)


def test_a_time_without_zone_is_refused_where_the_model_does_not() -> None:
    """The model's own laws are not the only guard of times."""
    waiver = Waiver(criterion="A", service=None, reason="", approved_by="", role="", expires_at=NOW)
    content = codec.canonical(codec.encode(waiver)).replace(b"12:00:00Z", b"12:00:00")

    with pytest.raises(DocumentError, match="zone"):
        codec.decode(Waiver, content, source="w")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), datetime(2026, 1, 1), "\ud800"])  # noqa: DTZ001
def test_what_cannot_be_read_back_is_not_written(value: object) -> None:
    """A value that no reader would take is refused when it is written."""
    with pytest.raises(ValueError, match=r"finite|zone|surrogate"):
        codec.encode({"field": value})


def test_only_known_types_are_written() -> None:
    """An object of an unknown type is refused, not turned into text."""
    with pytest.raises(TypeError, match="object"):
        codec.encode([object()])


def test_problems_do_not_repeat_the_content() -> None:
    """The message names the field, never the value: it may be a secret."""
    content = SEEN.replace(b'"reason":""', b'"reason":["hunter2"]')

    with pytest.raises(DocumentError, match="reason") as caught:
        codec.decode(Evidence, content, source="e")
    assert "hunter2" not in str(caught.value)


@settings(max_examples=examples(20))
@given(bundle=values(EvidenceBundle), data=st.data())
def test_evidence_that_was_cut_off_is_refused(bundle: EvidenceBundle, data: st.DataObject) -> None:
    """A bundle round-trips, and no shorter file, cut anywhere, passes for it."""
    content = codec.encode_bundle(bundle)
    cut = data.draw(st.integers(min_value=0, max_value=len(content) - 1))

    assert codec.decode_bundle(content, source="e") == bundle
    with pytest.raises(DocumentError):
        codec.decode_bundle(content[:cut], source="e")


def test_evidence_with_a_line_less_is_refused() -> None:
    """A line taken out of the middle is noticed, although every line that is left is fine."""
    content = codec.encode_bundle(EvidenceBundle(items=(evidence(), evidence(1.0)), flaws=("worker lost",)))
    lines = content.splitlines(keepends=True)

    with pytest.raises(DocumentError, match="changed after it was written"):
        codec.decode_bundle(b"".join(lines[1:]), source="e")


def test_lines_round_trip_and_a_half_line_is_refused() -> None:
    """JSON lines are read whole or not at all."""
    content = codec.encode_lines((receipt(), receipt()))

    assert codec.decode_lines(Receipt, content, source="r") == (receipt(), receipt())
    with pytest.raises(DocumentError, match="cut off"):
        codec.decode_lines(Receipt, content[:-1], source="r")


def test_a_journal_of_an_earlier_version_is_read() -> None:
    """A rollback that an update interrupts can be resumed: the former name of a key is understood."""
    now = back("a", reason="r", is_quarantined=True)  # fmt: skip
    before = codec.canonical(codec.encode(now)).replace(b"is_quarantined", b"is_condemned")
    assert codec.decode(RollBack, before, source="s") == now

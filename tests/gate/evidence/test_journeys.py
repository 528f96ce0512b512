"""Steps are read from what producers wrote; damaged lines tell none."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gates.evidence.journeys import journey_of, steps_in
from gates.model.journey import JourneyStep
from tests.support.builders import criterion


def report(when: str, *steps: object) -> str:
    """Return a line of a report with these steps."""
    told = [["step", step if isinstance(step, str) else json.dumps(step)] for step in steps]
    return json.dumps({"kind": "report", "id": "a::test_b", "when": when, "properties": told})


def test_steps_are_told_once_in_their_order() -> None:
    """Those of the teardown count: every later phase repeats them."""
    first, second = {"name": "x", "seconds": 0.5}, {"name": "x", "seconds": 1}
    text = "\n".join([report("call", first), report("teardown", first, second)])

    assert steps_in(text) == {
        "a::test_b": [JourneyStep(name="x", seconds=0.5), JourneyStep(name="x", seconds=1.0)]
    }


def test_a_step_that_cannot_be_read_is_none() -> None:
    """Text that is no JSON, a number that is none, a list instead of a document."""
    bad = ["{", {"name": "x"}, {"name": "x", "seconds": "1"}, '{"name": "x", "seconds": NaN}', [1]]

    assert steps_in(report("teardown", *bad)) == {"a::test_b": []}


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in the file, reading it raises nothing."""
    assert isinstance(steps_in(text), dict)


def test_a_journey_is_called_what_its_producer_is_called() -> None:
    """Without a producer the criterion's own id has to do."""
    assert journey_of(criterion(producers=("a/b.py::test_on_call_workflow",))) == "on_call_workflow"
    assert journey_of(criterion(id="JRN-X", producers=())) == "JRN-X"

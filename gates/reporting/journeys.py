"""How journeys went, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from gates.model.journey import JourneyResult
from gates.model.judgement import Outcome
from gates.reporting.redaction import clean


def journey_lines(found: Sequence[JourneyResult]) -> list[str]:
    """Return each journey with its steps, and why it did not pass."""
    lines = []
    for result in found:
        blamed = f"  blames {', '.join(result.blames)}" if result.blames else ""
        lines.append(f"{result.in_a_word:8} {result.seconds:7.2f} s  {result.journey}{blamed}")
        lines += [f"         {step.seconds:7.2f} s    {step.name}" for step in result.steps]
        lines += [] if result.outcome is Outcome.PASS else [f"           {result.reason}"]
    return [clean(line) for line in lines]


def journey_document(found: Sequence[JourneyResult]) -> str:
    """Return `synthetic.json`."""
    entries = [
        {
            "journey": result.journey,
            "criterion": result.criterion,
            "outcome": result.outcome,
            "reason": result.reason,
            "seconds": round(result.seconds, 3),
            "at": result.at.isoformat(),
            "blames": list(result.blames),
            "steps": [{"name": step.name, "seconds": round(step.seconds, 3)} for step in result.steps],
        }
        for result in found
    ]
    return json.dumps(entries, indent=1) + "\n"

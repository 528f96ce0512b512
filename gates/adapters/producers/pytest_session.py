"""The producers of the very pytest session that asks for a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gates.adapters.producers.leftovers import left_behind
from gates.adapters.runs.allure_results import publish
from gates.evidence import pytest_results
from gates.model.criterion import Criterion
from gates.model.evidence import EvidenceBundle
from gates.model.target import Target
from gates.reporting.redaction import Redactor


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """Implements the port `Producers` of `evidence_source`: the tests ran before, here they are read.

    `exit_status` is how pytest ended them. What they attached for Allure is copied from `raw` to each of
    `published`, beside the run's own folder, without secrets. With `too_late_after_s` a deadline ended them.
    """

    exit_status: int
    raw: Path
    published: tuple[Path, ...] = ()
    too_late_after_s: float | None = None
    redactor: Redactor = field(default_factory=Redactor)

    def collect(
        self, criteria: Sequence[Criterion], target: Target, *, folder: Path, seconds: float
    ) -> EvidenceBundle:
        """Return what the session saw; `seconds` has passed already."""
        del criteria, target, seconds
        for place in (folder / "allure-producers", *self.published):
            publish(self.raw, place, self.redactor)
        evidence = folder / "producers.jsonl"
        text = evidence.read_text(encoding="utf-8", errors="replace") if evidence.exists() else ""
        bundle = pytest_results.parse(text, exit_status=self.exit_status)
        late = []
        if self.too_late_after_s is not None:
            ended = f"the tests did not finish within {self.too_late_after_s:g} s and were ended"
            late = [f"{ended}: allow more time with --gate-deadline"]
        return EvidenceBundle(items=bundle.items, flaws=(*late, *bundle.flaws, *left_behind(folder)))

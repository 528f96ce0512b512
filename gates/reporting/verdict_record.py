"""What a signed record is worth, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gates.model.criterion import Catalogue
from gates.model.exit_code import ExitCode
from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome
from gates.model.verdict_record import FoundRecord
from gates.reporting.layout import Line, Row
from gates.reporting.phrasing import ago, count, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A record that was checked for an environment; its criteria say how long its results count."""

    found: FoundRecord
    file: str
    environment: str
    catalogue: Catalogue
    now: datetime

    @property
    def code(self) -> ExitCode:
        """0: it counts; 4: not a signed record; 1: its verdict is NO_GO; 10: another reason."""
        record = self.found.record
        if record is None:
            return ExitCode.USAGE_ERROR
        if record.outcome is VerdictOutcome.NO_GO:
            return ExitCode.NO_GO
        return ExitCode.INCONCLUSIVE if self.objection else ExitCode.GO

    @property
    def objection(self) -> str:
        """Why it does not count; empty if it counts."""
        ends = self._ends()
        late = sum(end <= self.now for end in ends)
        expired = (
            f"{late} of {count(len(ends), 'result')} are older than their criteria allow" if late else ""
        )
        return self.found.objection or expired or ("" if ends else "it holds no result that could count")

    def lines(self) -> list[Line]:
        """Return it for a person."""
        if self.objection:
            verdict = f"{self.file} does not count in {self.environment}: {self.objection}"
        else:
            until = moment(min(self._ends()))
            verdict = f"{self.file} counts in {self.environment} for exactly these images until {until}"
        return [verdict, *self._about()]

    def document(self) -> dict[str, object]:
        """Return it for a program."""
        record, ends = self.found.record, self._ends()
        return {
            "file": self.file,
            "counts": not self.objection,
            "objection": self.objection,
            "run": record and record.run_id,
            "qualifier": record and record.environment,
            "stage": record and record.stage.value,
            "verdict": record and record.outcome.value,
            "images": dict(record.images) if record else {},
            "expires_at": min(ends).isoformat() if ends else None,
        }

    def _about(self) -> Iterator[Line]:
        record = self.found.record
        if record is None:
            return
        when = f"{moment(record.judged_at)}, {ago(self.now - record.judged_at)}"
        yield Row("verdict  ", f"{record.outcome} of {record.environment}, stage {record.stage}, {when}")
        yield Row("run      ", f"{record.run_id}, release-gate {record.gate_version}")
        yield Row("results  ", f"{len(record.results)}, of which {len(self._ends())} can count elsewhere")
        for service, image in record.images:
            yield Row("image    ", f"{service} {image}")

    def _ends(self) -> list[datetime]:
        """Return until when each result counts that passed on the environment's own measurements."""
        known = {criterion.id: criterion.max_age for criterion in self.catalogue.criteria}
        results = self.found.record.results if self.found.record else ()
        return [
            min(check.window.end for check in result.checks) + known[result.criterion]
            for result in results
            if result.outcome is Outcome.PASS and result.checks and result.criterion in known
        ]

"""Keeps what a run concludes as soon as it is known: a crash while acting must not lose the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gates import aside
from gates.adapters.runs.run_folder import RunFolder
from gates.errors import GateError
from gates.model import events
from gates.model.record import DecisionRecord
from gates.model.verdict import VerdictOutcome
from gates.reporting.report import VerdictReport, report_of
from gates.reporting.report_files import report_files


class RunKeeper:
    """A listener that writes verdict and decision when they are made; `finish` writes the rest.

    What cannot be written is kept in `troubles` and ends nothing: a bad release is rolled back all the same.
    `confirm` raises the first of them. `report` is what the reports say, None before `finish`.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.report: VerdictReport | None = None
        self._has_verdict = False
        self.troubles: list[GateError] = []

    def __call__(self, event: events.Event) -> None:
        """Write what the event concludes."""
        with self._kept():
            if isinstance(event, events.RunPrepared):
                self.folder.write_setup(event.setup)
            elif isinstance(event, events.VerdictReached):
                self.folder.write_verdict(event.verdict)
                self._has_verdict = True
            elif isinstance(event, events.DecisionMade):
                self.folder.write_decision(event.decision)

    def confirm(self) -> None:
        """Return if everything is written that was announced.

        Raises:
            GateError: what could not be written first.
        """
        if self.troubles:
            raise self.troubles[0]

    def finish(self, record: DecisionRecord) -> None:
        """Write receipts, record and the reports.

        Raises:
            GateError: the verdict is GO, and not all of it is on record, so it does not count.
        """
        record = self.folder.clean(record)
        with self._kept():
            self.folder.write_receipts(record.receipts)
        with self._kept():
            self.folder.write_record(record)
        if not self._has_verdict:
            with self._kept():
                self.folder.write_verdict(record.verdict)
        if record.verdict.outcome is VerdictOutcome.GO:
            self.confirm()
        with aside.aside("writing the reports"), self._kept():
            self.report = report_of(
                record.verdict,
                run_id=self.folder.run_id,
                decision=record.decision,
                receipts=record.receipts,
            )
            self.folder.write_reports(report_files(self.report))
        for cause in dict.fromkeys(trouble.cause for trouble in self.troubles):
            aside.note(f"NOT RECORDED: {cause}")

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except GateError as error:
            self.troubles.append(error)

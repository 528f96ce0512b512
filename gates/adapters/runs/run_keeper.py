"""Keeps what a run concludes as soon as it is known: a crash while acting must not lose the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gates import aside
from gates.adapters.runs.run_folder import RunFolder
from gates.errors import GateError
from gates.model import events
from gates.model.decision import Decision
from gates.model.receipt import Receipt
from gates.model.record import DecisionRecord
from gates.model.verdict import VerdictOutcome
from gates.reporting.allure import allure_files
from gates.reporting.junit import junit
from gates.reporting.markdown import markdown
from gates.reporting.sarif import sarif
from gates.reporting.verdict_document import VerdictDocument


class RunKeeper:
    """A listener that writes verdict and decision when they are made; `finish` writes the rest.

    What cannot be written is kept in `troubles` and ends nothing: a bad release is rolled back all the same.
    Whoever needs it written asks with `confirm`.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.document: VerdictDocument | None = None
        self.troubles: list[GateError] = []

    def __call__(self, event: events.Event) -> None:
        """Write what the event concludes."""
        with self._kept():
            if isinstance(event, events.RunPrepared):
                self.folder.write_setup(event.setup)
            elif isinstance(event, events.VerdictReached):
                self.document = self.folder.write_verdict(event.verdict)
            elif isinstance(event, events.DecisionMade):
                self.folder.write_decision(event.decision)

    def confirm(self) -> None:
        """Return if everything is written that was announced.

        Raises:
            GateError: what could not be written first.
        """
        if self.troubles:
            raise self.troubles[0]

    def finish(self, record: DecisionRecord) -> VerdictDocument:
        """Write receipts, record and the reports; return the document that they are made from.

        Raises:
            GateError: the verdict is GO, and not all of it is on record; so it is none.
        """
        with self._kept():
            self.folder.write_receipts(record.receipts)
        with self._kept():
            self.folder.write_record(record)
        document = self.document
        if document is None:
            document = self.document = self.folder.document(record.verdict)
            with self._kept():
                self.folder.write_verdict(record.verdict)
        if record.verdict.outcome is VerdictOutcome.GO:
            self.confirm()
        with aside.aside("writing the reports"), self._kept():
            receipts = self.folder.clean(record.receipts)
            write_reports(self.folder, document, record.decision, receipts)
        for cause in dict.fromkeys(trouble.cause for trouble in self.troubles):
            aside.note(f"NOT RECORDED: {cause}")
        return document

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except GateError as error:
            self.troubles.append(error)


def write_reports(
    folder: RunFolder, document: VerdictDocument, decision: Decision, receipts: tuple[Receipt, ...]
) -> None:
    """Write everything that is derived from `verdict.json`."""
    folder.write_report("junit.xml", junit(document))
    folder.write_report("security.sarif", sarif(document))
    folder.write_report("summary.md", markdown(document, decision=decision, receipts=receipts))
    folder.write_allure(allure_files(document))

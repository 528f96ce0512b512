"""Keeps what a run concludes as soon as it is known: a crash while acting must not lose the reason."""

from __future__ import annotations

from gates.adapters.run_folder import RunFolder
from gates.model import events
from gates.model.decision import Decision
from gates.model.receipt import Receipt
from gates.model.record import DecisionRecord
from gates.reporting.allure import allure_files
from gates.reporting.junit import junit
from gates.reporting.markdown import markdown
from gates.reporting.sarif import sarif
from gates.reporting.verdict_document import VerdictDocument


class RunKeeper:
    """A listener that writes verdict and decision when they are made; `finish` writes the rest."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.document: VerdictDocument | None = None

    def __call__(self, event: events.Event) -> None:
        """Write what the event concludes."""
        if isinstance(event, events.RunPrepared):
            self.folder.write_setup(event.setup)
        elif isinstance(event, events.VerdictReached):
            self.document = self.folder.write_verdict(event.verdict)
        elif isinstance(event, events.DecisionMade):
            self.folder.write_decision(event.decision)

    def finish(self, record: DecisionRecord) -> VerdictDocument:
        """Write receipts, record and the reports; return the document that they are made from."""
        receipts = self.folder.write_receipts(record.receipts)
        self.folder.write_record(record)
        document = self.document or self.folder.write_verdict(record.verdict)
        write_reports(self.folder, document, record.decision, receipts)
        return document


def write_reports(
    folder: RunFolder, document: VerdictDocument, decision: Decision, receipts: tuple[Receipt, ...]
) -> None:
    """Write everything that is derived from `verdict.json`."""
    folder.write_report("junit.xml", junit(document))
    folder.write_report("security.sarif", sarif(document))
    folder.write_report("summary.md", markdown(document, decision=decision, receipts=receipts))
    folder.write_allure(allure_files(document))

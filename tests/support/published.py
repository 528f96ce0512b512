"""The files that git keeps of what the gate writes: the schema of `verdict.json` and one golden run.

`python -m tests.support.published` writes them anew; a test compares them with what the code makes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.runs.run_folder import RunFolder
from gates.model.evidence import EvidenceBundle
from gates.reporting.redaction import Redactor
from gates.reporting.report import ReportFile, report_of
from gates.reporting.report_files import report_files
from gates.reporting.terminal import terminal
from gates.reporting.verdict_document import VerdictDocument
from tests.support import sample_verdict as sample

REPORTS = Path(__file__).parents[2] / "reports"


def published() -> Mapping[str, str]:
    """Return the files by their path below `reports/`."""
    schema = codec.json_schema(VerdictDocument, title="verdict.json")
    files = {"schema/verdict.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder.create(Path(scratch), sample.RUN_ID, Redactor())
        _write(folder)
        for path in folder.path.iterdir():
            files[f"golden/{sample.RUN_ID}/{path.name}"] = path.read_text(encoding="utf-8")
    return files


def _write(folder: RunFolder) -> None:
    verdict = sample.bad_verdict()
    folder.write_evidence(EvidenceBundle(items=tuple(e for j in verdict.judgements for e in j.evidence)))
    report = report_of(
        folder.write_verdict(verdict),
        run_id=folder.run_id,
        decision=folder.write_decision(sample.decision()),
        receipts=folder.write_receipts((sample.receipt(),)),
    )
    folder.write_reports(file for file in report_files(report) if not file.folder)
    folder.write_reports([ReportFile(name="terminal.txt", content=terminal(report))])


def main() -> None:
    """Write the published files."""
    for name, text in published().items():
        path = REPORTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

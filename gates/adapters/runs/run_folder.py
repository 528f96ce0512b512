"""The folder of one run, `reports/<run-id>/`: written atomically, never over another run.

Every file appears whole or not at all: it is written under another name, flushed to the disk, and then given
its own. Source files (evidence, verdict, decision, receipts, record) are written once: the same bytes again
are fine, other bytes are refused. Receipts and record of a run that did nothing give way to those of the
action that was carried out later. Derived files (JUnit, Markdown, Allure results) may be made anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from gates.adapters.documents import codec
from gates.adapters.machine.writable import refused
from gates.adapters.runs.whole_files import replace_whole, write_once
from gates.errors import ConfigurationError, DocumentError, UsageError
from gates.model.decision import Decision
from gates.model.evidence import EvidenceBundle
from gates.model.receipt import Receipt
from gates.model.record import DecisionRecord, RunSetup, checked_name
from gates.model.verdict import Verdict
from gates.reporting.redaction import Redactor
from gates.reporting.report import ReportFile
from gates.reporting.verdict_document import VerdictDocument, verdict_document, verdict_of

T = TypeVar("T")

_JUDGED = re.compile(r"-judged-\d+$")
_LARGEST = 256 * 2**20
"""Bytes: a larger file was not written by the gate."""


class RunFolder:
    """Writes and reads the files of one run; goes over every value with the redactor before it is written.

    What a method returns is what stands in the file: judge, decide and report on that, and a replay from the
    files gives the same bytes.
    """

    def __init__(self, path: Path, redactor: Redactor) -> None:
        self.path = path
        self._redactor = redactor

    @classmethod
    def create(cls, root: Path, run_id: str, redactor: Redactor) -> RunFolder:
        """Make the folder of a new run below `root`.

        Raises:
            UsageError: the id is not a file name, or a run with that id is there already.
            ConfigurationError: the folder cannot be made.
        """
        path = root / checked_name(run_id)
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise refused("make", root, error) from error
        try:
            path.mkdir()
        except FileExistsError as error:
            raise UsageError(f"the run {path} is there already", next_step="choose another run id") from error
        except OSError as error:
            raise refused("make", path, error) from error
        return cls(path, redactor)

    @classmethod
    def open(cls, path: Path, redactor: Redactor) -> RunFolder:
        """Return the folder of a run that is there.

        Raises:
            UsageError: there is no such folder.
        """
        if not path.is_dir():
            raise UsageError(f"there is no run {path}", next_step="name a folder that `gate run` wrote")
        return cls(path, redactor)

    @property
    def run_id(self) -> str:
        """The run's id: the folder's name."""
        return self.path.resolve().name

    def name_beside(self) -> str:
        """Return the first free name for another judgement of the run: run-judged-2, run-judged-3."""
        base, root, number = _JUDGED.sub("", self.run_id), self.path.resolve().parent, 2
        while (root / f"{base}-judged-{number}").exists():
            number += 1
        return f"{base}-judged-{number}"

    @property
    def is_carried_out(self) -> bool:
        """Whether anything was done about the decision.

        Raises:
            DocumentError: the receipts are cut off.
        """
        return (self.path / "receipts.jsonl").exists() and bool(self.read_receipts())

    def write_setup(self, setup: RunSetup) -> RunSetup:
        """Write `setup.json` and return what it holds."""
        return self._write_value("setup.json", setup)

    def read_setup(self) -> RunSetup:
        """Return what `setup.json` holds.

        Raises:
            DocumentError: it is missing or no setup.
        """
        return codec.decode(RunSetup, self._read("setup.json"), source=str(self.path / "setup.json"))

    def write_evidence(self, bundle: EvidenceBundle) -> EvidenceBundle:
        """Write `evidence.jsonl` and return what it holds; what the disk refuses is a flaw.

        So nothing that is not kept can be a GO, and a failure that was seen is still acted on.
        """
        bundle = self._redactor(bundle)
        try:
            self._write_once("evidence.jsonl", codec.encode_bundle(bundle))
        except ConfigurationError as error:
            return replace(bundle, flaws=(*bundle.flaws, f"NOT RECORDED: {error.cause}"))
        return bundle

    def read_producers(self) -> str:
        """Return what the producers wrote line by line; nothing when they did not come to it."""
        path = self.path / "producers.jsonl"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def read_evidence(self) -> EvidenceBundle:
        """Return what `evidence.jsonl` holds.

        Raises:
            DocumentError: it is missing, cut off or changed.
        """
        content = self._read("evidence.jsonl")
        return codec.decode_bundle(content, source=str(self.path / "evidence.jsonl"))

    def write_verdict(self, verdict: Verdict) -> Verdict:
        """Write `verdict.json` and return the verdict that it holds."""
        verdict = self.clean(verdict)
        self._write_once("verdict.json", self.verdict_json(verdict))
        return verdict

    def clean(self, value: T) -> T:
        """Return a value as a file of the run would hold it."""
        return self._redactor(value)

    def verdict_json(self, verdict: Verdict) -> bytes:
        """Return what `verdict.json` holds of a verdict; writes nothing."""
        document = verdict_document(self.clean(verdict), run_id=self.run_id)
        return codec.canonical(codec.encode(document)) + b"\n"

    def read_verdict(self) -> Verdict:
        """Return the verdict that `verdict.json` holds.

        Raises:
            DocumentError: it is missing, of another run, or disagrees with itself.
        """
        source = str(self.path / "verdict.json")
        document = codec.decode(VerdictDocument, self._read("verdict.json"), source=source)
        if document.run_id != self.run_id:
            raise DocumentError(f"belongs to another run: {document.run_id}", path=source)
        try:
            return verdict_of(document)
        except ValueError as error:
            raise DocumentError(str(error), path=source, next_step="judge the evidence again") from error

    def evidence_digest(self) -> str:
        """Return the digest of what was asked, seen and concluded: what an approval is bound to.

        Raises:
            DocumentError: one of the files is missing.
        """
        names = ("setup.json", "evidence.jsonl", "verdict.json")
        return codec.digest({name: codec.digest_of(self._read(name)) for name in names})

    def write_decision(self, decision: Decision) -> Decision:
        """Write `decision.json` and return what it holds."""
        return self._write_value("decision.json", decision)

    def read_decision(self) -> Decision:
        """Return what `decision.json` holds.

        Raises:
            DocumentError: it is missing or no decision.
        """
        return codec.decode(Decision, self._read("decision.json"), source=str(self.path / "decision.json"))

    def write_record(self, record: DecisionRecord) -> DecisionRecord:
        """Write `record.json` and return what it holds."""
        if (self.path / "record.json").exists() and not self.read_record().receipts and record.receipts:
            record = self._redactor(record)
            replace_whole(self.path / "record.json", codec.canonical(codec.encode(record)) + b"\n")
            return record
        return self._write_value("record.json", record)

    def read_record(self) -> DecisionRecord:
        """Return what `record.json` holds.

        Raises:
            DocumentError: it is missing or no record.
        """
        return codec.decode(DecisionRecord, self._read("record.json"), source=str(self.path / "record.json"))

    def write_receipts(self, receipts: tuple[Receipt, ...]) -> tuple[Receipt, ...]:
        """Write `receipts.jsonl` and return what it holds."""
        receipts = self._redactor(receipts)
        if (self.path / "receipts.jsonl").exists() and not self.is_carried_out:
            replace_whole(self.path / "receipts.jsonl", codec.encode_lines(receipts))
        else:
            self._write_once("receipts.jsonl", codec.encode_lines(receipts))
        return receipts

    def read_receipts(self) -> tuple[Receipt, ...]:
        """Return what `receipts.jsonl` holds.

        Raises:
            DocumentError: it is missing or cut off.
        """
        source = str(self.path / "receipts.jsonl")
        return codec.decode_lines(Receipt, self._read("receipts.jsonl"), source=source)

    def write_attestation(self, content: bytes) -> None:
        """Write `attestation.dsse.json`: the signed record of the run's verdict."""
        self._write_once("attestation.dsse.json", content)

    def write_qualification(self, content: bytes) -> None:
        """Write `qualification.dsse.json`: the record of another environment that the run relies on."""
        self._write_once("qualification.dsse.json", content)

    def read_qualification(self) -> bytes | None:
        """Return what `qualification.dsse.json` holds; None if the run has none."""
        has_one = (self.path / "qualification.dsse.json").exists()
        return self._read("qualification.dsse.json") if has_one else None

    def write_reports(self, files: Iterable[ReportFile]) -> None:
        """Write files that are made of the verdict.

        A file's name follows from run, criterion and service: writing again replaces, nothing piles up.
        """
        for file in files:
            folder = self.path / checked_name(file.folder) if file.folder else self.path
            try:
                folder.mkdir(exist_ok=True)
            except OSError as error:
                raise refused("make", folder, error) from error
            content = file.content
            data = content.encode() if isinstance(content, str) else codec.canonical(codec.encode(content))
            replace_whole(folder / checked_name(file.name), data)

    def _write_value(self, name: str, value: T) -> T:
        value = self._redactor(value)
        self._write_once(name, codec.canonical(codec.encode(value)) + b"\n")
        return value

    def _write_once(self, name: str, content: bytes) -> None:
        write_once(self.path / name, content)

    def _read(self, name: str) -> bytes:
        path = self.path / name
        try:
            if path.stat().st_size > _LARGEST:
                raise DocumentError("larger than any file of a run", path=str(path))
            return path.read_bytes()
        except OSError as error:
            cause = f"cannot be read: {error.strerror}"
            raise DocumentError(cause, path=str(path), next_step="run the step before this one") from error

"""Allure results as values: one per criterion and service, and one for the verdict itself.

Allure merges results that it takes for retries of one test: same history id, or same name and parameter
values. Each result therefore has its own history id and the parameter `CRITERION@service`, both the same from
run to run. Allure shows; it decides nothing.
"""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gates.model.criterion import Criterion
from gates.model.evidence import Evidence, Window
from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome
from gates.model.wording import counted, demanded
from gates.reporting.finding import finding
from gates.reporting.ordering import by_urgency
from gates.reporting.phrasing import measured, waived_by
from gates.reporting.redaction import clean, one_line
from gates.reporting.verdict_document import Entry, VerdictDocument

_STATUS = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.INCONCLUSIVE: "broken",
    Outcome.ERROR: "broken",
    VerdictOutcome.GO: "passed",
    VerdictOutcome.NO_GO: "failed",
    VerdictOutcome.INCONCLUSIVE: "broken",
}
_MILLISECONDS = 1000
_TITLE = 160
_ATTACHED = 20
"""Observations that are attached to one result; the evidence file has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllureFile:
    """A file of the results folder: its name and what it holds (JSON values, or text)."""

    name: str
    content: dict[str, Any] | str


def allure_files(document: VerdictDocument) -> tuple[AllureFile, ...]:
    """Return the files of the results folder: results, their attachments, and the environment."""
    files = [AllureFile(name="environment.properties", content=_environment(document))]
    files += _verdict_files(document)
    for entry in by_urgency(document):
        files += _entry_files(document, entry)
    return tuple(files)


def _verdict_files(document: VerdictDocument) -> list[AllureFile]:
    stage = f"stage {document.scope.stage}"
    labels = {"epic": stage, "feature": "Verdict", "story": "The release", "severity": "blocker"}
    moment = Window(start=document.judged_at, end=document.judged_at)
    facts = {"status": _STATUS[document.outcome], "message": "\n".join(document.reasons)}
    result = _result(document, f"VERDICT@{document.scope.stage}", labels, moment)
    name = f"{document.outcome}: release {document.release.id} in {document.release.environment}"
    return [_file(result | {"name": one_line(name, limit=_TITLE)}, **facts)]


def _entry_files(document: VerdictDocument, entry: Entry) -> list[AllureFile]:
    criterion = document.criterion(entry)
    labels = {
        "epic": f"stage {document.scope.stage}",
        "feature": criterion.category,
        "story": entry.service,
        "severity": criterion.severity.value,
        "owner": criterion.owner,
        "tag": "waived" if entry.is_waived else "blocking" if entry.is_blocking else "not blocking",
        "criterion": criterion.id,
    }
    result = _result(document, entry.key, labels, _window(document, entry))
    result["name"] = one_line(f"{entry.key}: {criterion.statement}", limit=_TITLE)
    result["description"] = _description(document, entry)
    attachments = [
        AllureFile(name=f"{result['uuid']}-{n}-attachment.txt", content=_seen(item, criterion))
        for n, item in enumerate(entry.evidence[:_ATTACHED])
    ]
    result["attachments"] = [
        {"name": one_line(item.producer, limit=_TITLE), "source": file.name, "type": "text/plain"}
        for item, file in zip(entry.evidence, attachments, strict=False)
    ]
    status = "skipped" if entry.is_waived else _STATUS[entry.outcome]
    return [_file(result, status=status, message=_message(document, entry)), *attachments]


def _result(document: VerdictDocument, key: str, labels: dict[str, str], window: Window) -> dict[str, Any]:
    key = one_line(key)
    identity = hashlib.sha256(key.encode()).hexdigest()[:32]
    return {
        "uuid": str(uuid5(NAMESPACE_URL, f"{document.run_id}/{key}")),
        "historyId": identity,
        "testCaseId": identity,
        "fullName": key,
        "parameters": [{"name": "check", "value": key}],
        "labels": [{"name": name, "value": clean(value)} for name, value in labels.items()],
        "stage": "finished",
        "start": int(window.start.timestamp() * _MILLISECONDS),
        "stop": int(window.end.timestamp() * _MILLISECONDS),
    }


def _file(result: dict[str, Any], *, status: str, message: str) -> AllureFile:
    details = {} if status == "passed" else {"statusDetails": {"message": clean(message)}}
    return AllureFile(
        name=f"{result['uuid']}-result.json",
        content=result | details | {"status": status},
    )


def _window(document: VerdictDocument, entry: Entry) -> Window:
    """The time that the entry's evidence spans, or the moment of the judgement."""
    windows = [item.window for item in entry.evidence]
    if not windows:
        return Window(start=document.judged_at, end=document.judged_at)
    return Window(start=min(w.start for w in windows), end=max(w.end for w in windows))


def _message(document: VerdictDocument, entry: Entry) -> str:
    found = finding(document, entry)
    lines = [
        f"WAIVED {waived_by(entry.waiver)}: {entry.waiver.reason}"
        if entry.waiver and entry.is_waived
        else "",
        *(f"{entry.outcome}: {line}" if n == 0 else line for n, line in enumerate(found.lines)),
    ]
    return "\n".join(line for line in lines if line)


def _description(document: VerdictDocument, entry: Entry) -> str:
    criterion = document.criterion(entry)
    parts = (
        criterion.statement,
        criterion.rationale,
        f"Demanded: {demanded(criterion)}. Seen: {entry.reason}",
        f"On failure: {criterion.failure_action}. Source: {criterion.source.item}",
    )
    return "\n\n".join(html.escape(clean(part), quote=False) for part in parts if part)  # shown as Markdown


def _seen(item: Evidence, criterion: Criterion) -> str:
    lines = (
        f"{item.status}: {measured(item.measurement)} from {counted(item.samples, criterion.sample)}",
        f"seen {item.window.start.isoformat()} .. {item.window.end.isoformat()}",
        f"revision {item.subject.revision or 'unknown'}, digest {item.subject.digest or 'unknown'}",
        f"artefact {item.artefact}" if item.artefact else "",
        item.reason,
    )
    return clean("\n".join(line for line in lines if line)) + "\n"


def _environment(document: VerdictDocument) -> str:
    facts = {
        "Verdict": document.outcome.value,
        "Release": document.release.id,
        "Environment": document.release.environment,
        "Stage": document.scope.stage.value,
        "Scope": "partial" if document.scope.is_partial else "whole",
        "Run": document.run_id,
        **{entry.service: entry.candidate.name for entry in document.release.services},
    }
    return "".join(f"{key.replace(' ', '_')}={one_line(value)}\n" for key, value in facts.items())

"""Allure results as values: one per criterion and service, and one for the verdict itself.

Allure merges results that it takes for retries of one test: same history id, or same name and parameter
values. Each result therefore has its own history id and the parameter `CRITERION@service`, both the same from
run to run.
"""

from __future__ import annotations

import hashlib
import html
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gates.model.criterion import Criterion
from gates.model.evidence import Evidence, Window
from gates.model.judgement import Judgement, Outcome
from gates.model.verdict import VerdictOutcome
from gates.model.wording import counted, figure
from gates.reporting.finding import Finding
from gates.reporting.redaction import clean, one_line
from gates.reporting.report import ReportFile, VerdictReport

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


def allure_files(report: VerdictReport) -> tuple[ReportFile, ...]:
    """Return the files of the results folder: results, their attachments, and the environment."""
    files = [_in_folder("environment.properties", _environment(report)), _verdict_file(report)]
    for found in report.findings:
        files += _finding_files(report, found)
    return tuple(files)


def _verdict_file(report: VerdictReport) -> ReportFile:
    verdict, release = report.verdict, report.verdict.release
    stage = verdict.scope.stage
    labels = {
        "epic": f"stage {stage}",
        "feature": "Verdict",
        "story": "The release",
        "severity": "blocker",
    }
    moment = Window(start=verdict.judged_at, end=verdict.judged_at)
    result = _result(report.run_id, f"VERDICT@{stage}", labels, moment)
    name = f"{report.outcome}: release {release.id} in {release.environment}"
    result["name"] = one_line(name, limit=_TITLE)
    return _file(result, status=_STATUS[report.outcome], message="\n".join(report.reasons))


def _finding_files(report: VerdictReport, found: Finding) -> list[ReportFile]:
    judgement, criterion = found.judgement, found.judgement.criterion
    labels = {
        "epic": f"stage {report.verdict.scope.stage}",
        "feature": criterion.category,
        "story": judgement.service,
        "severity": criterion.severity.value,
        "owner": criterion.owner,
        "tag": "waived" if found.is_waived else "blocking" if found.is_blocking else "not blocking",
        "criterion": criterion.id,
    }
    result = _result(report.run_id, found.key, labels, _window(report, judgement))
    result["name"] = one_line(f"{found.key}: {criterion.statement}", limit=_TITLE)
    result["description"] = _description(found)
    attachments = [
        _in_folder(f"{result['uuid']}-{n}-attachment.txt", _seen(item, criterion))
        for n, item in enumerate(judgement.evidence[:_ATTACHED])
    ]
    result["attachments"] = [
        {"name": one_line(item.producer, limit=_TITLE), "source": file.name, "type": "text/plain"}
        for item, file in zip(judgement.evidence, attachments, strict=False)
    ]
    status = "skipped" if found.is_waived else _STATUS[judgement.outcome]
    return [_file(result, status=status, message=_message(found)), *attachments]


def _result(run_id: str, key: str, labels: dict[str, str], window: Window) -> dict[str, Any]:
    key = one_line(key)
    identity = hashlib.sha256(key.encode()).hexdigest()[:32]
    return {
        "uuid": str(uuid5(NAMESPACE_URL, f"{run_id}/{key}")),
        "historyId": identity,
        "testCaseId": identity,
        "fullName": key,
        "parameters": [{"name": "check", "value": key}],
        "labels": [{"name": name, "value": clean(value)} for name, value in labels.items()],
        "stage": "finished",
        "start": int(window.start.timestamp() * _MILLISECONDS),
        "stop": int(window.end.timestamp() * _MILLISECONDS),
    }


def _file(result: dict[str, Any], *, status: str, message: str) -> ReportFile:
    details = {} if status == "passed" else {"statusDetails": {"message": clean(message)}}
    return _in_folder(f"{result['uuid']}-result.json", result | details | {"status": status})


def _in_folder(name: str, content: dict[str, Any] | str) -> ReportFile:
    return ReportFile(folder="allure-results", name=name, content=content)


def _window(report: VerdictReport, judgement: Judgement) -> Window:
    """The time that the evidence spans, or the moment of the judgement."""
    windows = [item.window for item in judgement.evidence]
    if not windows:
        return Window(start=report.verdict.judged_at, end=report.verdict.judged_at)
    return Window(start=min(w.start for w in windows), end=max(w.end for w in windows))


def _message(found: Finding) -> str:
    outcome, waiver = found.judgement.outcome, found.judgement.waiver
    first, *rest = found.lines
    waived = [f"WAIVED {found.waived}: {waiver.reason}"] if waiver and found.is_waived else []
    return "\n".join([*waived, f"{outcome}: {first}", *rest])


def _description(found: Finding) -> str:
    judgement, criterion = found.judgement, found.judgement.criterion
    parts = (
        criterion.statement,
        criterion.rationale,
        f"Demanded: {found.demanded}. Seen: {judgement.reason}",
        f"On failure: {criterion.failure_action}. Source: {criterion.source.item}",
    )
    return "\n\n".join(html.escape(clean(part), quote=False) for part in parts if part)  # shown as Markdown


def _seen(item: Evidence, criterion: Criterion) -> str:
    lines = (
        f"{item.status}: {figure(item.measurement)} from {counted(item.samples, criterion.sample)}",
        f"seen {item.window.start.isoformat()} .. {item.window.end.isoformat()}",
        f"revision {item.subject.revision or 'unknown'}, digest {item.subject.digest or 'unknown'}",
        f"artefact {item.artefact}" if item.artefact else "",
        item.reason,
    )
    return clean("\n".join(line for line in lines if line)) + "\n"


def _environment(report: VerdictReport) -> str:
    release, scope = report.verdict.release, report.verdict.scope
    facts = {
        "Verdict": report.outcome.value,
        "Release": release.id,
        "Environment": release.environment,
        "Stage": scope.stage.value,
        "Scope": "partial" if scope.is_partial else "whole",
        "Run": report.run_id,
        **{part.service: part.candidate.name for part in release.services},
    }
    return "".join(f"{key.replace(' ', '_')}={one_line(value)}\n" for key, value in facts.items())

"""From the lines that the pytest plugin wrote to evidence.

One JSON object per line: `start`, `report` for every phase of every test, `flaw`, `finish`, `end`. A file
without its `end`, a test without exactly one outcome, two tests with one id: each is a flaw, because no exit
code of pytest says whether every test ran.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gates.model.criterion import FAILED_CHECKS, PLATFORM
from gates.model.evidence import (
    Evidence,
    EvidenceBundle,
    EvidenceStatus,
    Measurement,
    Subject,
    Window,
)

SCHEMA = 1
"""Version of the line format; another version is refused."""

_PHASES = ("setup", "call", "teardown")
_NAMED = 3
"""Tests that did not run are named up to here, then counted."""
_SEE_LOG = "producers.log in the run's folder says why; then look again"


@dataclass(slots=True)
class _Test:
    """All reports of one test, folded."""

    node_id: str
    phases: dict[str, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""
    raised: str = ""
    start: float | None = None
    stop: float | None = None

    def values(self, name: str) -> list[str]:
        """Return the values of one property, in order, without repeats."""
        return list(dict.fromkeys(value for key, value in self.properties if key == name))

    def value(self, name: str) -> str | None:
        """Return the last value of one property, or None."""
        found = self.values(name)
        return found[-1] if found else None


def parse(text: str, *, exit_status: int | None = None, is_cut: bool = False) -> EvidenceBundle:
    """Read a whole evidence file.

    Args:
        text: the file's content; may be cut anywhere.
        exit_status: what the process returned; compared with what it said it would return.
        is_cut: the gate ended the process in the middle, and says so with a flaw of its own.
    """
    records, flaws = _records(text)
    flaws += _channel_flaws(records, exit_status, is_cut=is_cut)
    tests = _fold(records)
    flaws += _test_flaws(records, tests)
    environment = str(next((r["environment"] for r in records if r["kind"] == "start"), ""))
    items = [item for test in tests.values() for item in _evidence(test, environment)]
    return EvidenceBundle(items=tuple(items), flaws=tuple(dict.fromkeys(flaws)))


def merge(bundles: Sequence[EvidenceBundle]) -> EvidenceBundle:
    """Join the bundles of several processes."""
    return EvidenceBundle(
        items=tuple(item for bundle in bundles for item in bundle.items),
        flaws=tuple(dict.fromkeys(flaw for bundle in bundles for flaw in bundle.flaws)),
    )


def _records(text: str) -> tuple[list[Mapping[str, Any]], list[str]]:
    records: list[Mapping[str, Any]] = []
    flaws: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            record = json.loads(line)
        except ValueError:
            flaws.append(f"evidence line {number} is not JSON: the file is truncated or damaged")
            continue
        if isinstance(record, dict) and isinstance(record.get("kind"), str):
            records.append(record)
        else:
            flaws.append(f"evidence line {number} is not a record")
    return records, flaws


def _channel_flaws(
    records: Sequence[Mapping[str, Any]], exit_status: int | None, *, is_cut: bool
) -> list[str]:
    flaws = [str(record.get("text", "flaw without text")) for record in records if record["kind"] == "flaw"]
    times = Counter(record["kind"] for record in records)
    if not is_cut and not (times["start"] and times["finish"] and times["end"]):
        when = "in the middle, so checks are missing" if times["start"] else "before it began"
        flaws.append(f"the process that looks ended {when}: {_SEE_LOG}")
    if max(times["start"], times["finish"], times["end"]) > 1:
        flaws.append("two processes wrote the evidence of this run: start one with another run id")
    flaws += [
        f"evidence format {r.get('schema')} is not understood, this gate reads {SCHEMA}"
        for r in records
        if r["kind"] == "start" and r.get("schema") != SCHEMA
    ]
    said = next((record.get("exit_status") for record in records if record["kind"] == "finish"), None)
    if exit_status is not None and said is not None and said != exit_status:
        flaws.append(f"the producer announced exit status {said} and returned {exit_status}")
    return flaws


def _fold(records: Sequence[Mapping[str, Any]]) -> dict[str, _Test]:
    tests: dict[str, _Test] = {}
    for record in records:
        if record["kind"] != "report":
            continue
        test = tests.setdefault(str(record["id"]), _Test(node_id=str(record["id"])))
        phase, outcome = str(record["when"]), str(record["outcome"])
        if phase in test.phases and not record.get("is_subtest"):
            test.repeated.append(phase)
        if test.phases.get(phase) != "failed":
            test.phases[phase] = outcome
        seen = [(str(key), str(value)) for key, value in record.get("properties", [])]
        test.properties = list(dict.fromkeys([*test.properties, *seen]))
        if outcome != "passed":
            test.reason = test.reason or str(record.get("reason", ""))
            test.raised = test.raised or str(record.get("raised", ""))
        test.start = min(filter(None, (test.start, record.get("start"))), default=None)
        test.stop = max(filter(None, (test.stop, record.get("stop"))), default=None)
    return tests


def _test_flaws(records: Sequence[Mapping[str, Any]], tests: Mapping[str, _Test]) -> list[str]:
    finish = next((record for record in records if record["kind"] == "finish"), None)
    flaws = [
        f"{test.node_id} reported its {phase} twice" for test in tests.values() for phase in test.repeated
    ]
    if finish is None:
        return flaws
    collected = [str(node_id) for node_id in finish.get("collected", [])]
    if not collected:
        flaws.append("no test was collected")
    if len(set(collected)) != len(collected):
        flaws.append(f"{len(collected)} tests collected under {len(set(collected))} distinct ids")
    missing = [node_id for node_id in collected if node_id not in tests]
    if missing and finish.get("ended_early"):
        flaws.append(f"{finish['ended_early']}: {len(missing)} of {len(collected)} tests were not run")
        missing = []
    elif finish.get("is_interrupted"):
        flaws.append(str(finish.get("ended_early")))
    flaws += [f"collected but not run: {node_id}" for node_id in missing[:_NAMED]]
    if len(missing) > _NAMED:
        flaws.append(f"collected but not run: {len(missing) - _NAMED} more tests")
    flaws += [f"ran without being collected: {node_id}" for node_id in tests if node_id not in set(collected)]
    if finish.get("deselected"):
        flaws.append(f"{finish['deselected']} tests were deselected")
    return flaws


def _evidence(test: _Test, environment: str) -> list[Evidence]:
    window = _window(test)
    status, reason = _status(test)
    measured, defect = _measurements(test)
    if defect and status is EvidenceStatus.OBSERVED:
        status, reason, measured = EvidenceStatus.ERRORED, defect, []
    if test.phases.get("call") == "failed" and status is EvidenceStatus.OBSERVED:
        measured.append((Measurement(value=1.0, unit=FAILED_CHECKS), 1))
    if status is EvidenceStatus.OBSERVED and not measured:
        measured.append((Measurement(value=0.0, unit=FAILED_CHECKS), 1))
    if status is EvidenceStatus.OBSERVED:
        reason = reason or "; ".join(test.values("note"))
    subject = Subject(
        service=test.value("service") or PLATFORM,
        revision=test.value("revision"),
        digest=test.value("digest"),
    )
    seen: list[tuple[Measurement | None, int]] = [*measured] or [(None, 0)]
    return [
        Evidence(
            criterion=criterion,
            subject=subject,
            status=status,
            producer=test.node_id,
            environment=environment,
            window=window,
            measurement=measurement if status is EvidenceStatus.OBSERVED else None,
            samples=samples if status is EvidenceStatus.OBSERVED else 0,
            reason=reason,
            blames=test.value("blames"),
            held_back=test.value("held_back") or "" if status is EvidenceStatus.NOT_RUN else "",
        )
        for criterion in test.values("criterion")
        for measurement, samples in (seen if status is EvidenceStatus.OBSERVED else seen[:1])
    ]


def _status(test: _Test) -> tuple[EvidenceStatus, str]:
    """Say whether a test saw anything: a failed assertion did, a broken fixture or a skip did not."""
    phases = test.phases
    if test.raised == "lost":
        return EvidenceStatus.ERRORED, test.reason or "the worker that ran it died"
    if phases.get("setup") == "failed" or phases.get("teardown") == "failed":
        return EvidenceStatus.ERRORED, f"broken fixture: {test.reason}"
    if phases.get("call") == "failed":
        is_observed = test.raised == "assertion"
        return (EvidenceStatus.OBSERVED if is_observed else EvidenceStatus.ERRORED), test.reason
    held_back = test.value("held_back")
    unseen = next((word for word in ("skipped", "xfailed", "xpassed") if word in phases.values()), "")
    if held_back or unseen:
        return EvidenceStatus.NOT_RUN, held_back or _unseen(unseen, test.reason)
    if [phases.get(phase) for phase in _PHASES] == ["passed"] * len(_PHASES):
        return EvidenceStatus.OBSERVED, ""
    return EvidenceStatus.ERRORED, f"incomplete: {phases or 'no report'}"


def _unseen(word: str, reason: str) -> str:
    told = reason.removeprefix("Skipped: ")
    return f"{word}: {told}" if told else word


def _measurements(test: _Test) -> tuple[list[tuple[Measurement, int]], str]:
    measured: list[tuple[Measurement, int]] = []
    for text in [value for key, value in test.properties if key == "measurement"]:
        try:
            entry = json.loads(text)
            measurement = Measurement(value=float(entry["value"]), unit=str(entry["unit"]))
            samples = int(entry["samples"])
        except (ValueError, TypeError, KeyError) as error:
            return [], f"unusable measurement {text[:80]}: {error}"
        if samples < 0:
            return [], f"unusable measurement {text[:80]}: negative samples"
        measured.append((measurement, samples))
    return measured, ""


def _window(test: _Test) -> Window:
    start = datetime.fromtimestamp(test.start or 0.0, tz=UTC)
    return Window(start=start, end=max(start, datetime.fromtimestamp(test.stop or 0.0, tz=UTC)))

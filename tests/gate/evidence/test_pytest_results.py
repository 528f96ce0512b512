"""Reading what the pytest plugin wrote: whatever is missing or odd becomes a flaw, never a pass."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.evidence.pytest_results import SCHEMA, merge, parse
from gates.model.criterion import FAILED_CHECKS, PLATFORM
from gates.model.evidence import EvidenceBundle, EvidenceStatus

TEST = "tests/validation/immediate/test_health.py::test_live[auth-service]"
SUBJECT = [("criterion", "HLT-LIVE"), ("service", "auth-service"), ("revision", "r2"), ("digest", "d2")]


def phase(when: str, outcome: str = "passed", test: str = TEST, **fields: Any) -> dict[str, Any]:
    """Return one report record."""
    record = {"kind": "report", "id": test, "when": when, "outcome": outcome, "start": 10.0, "stop": 11.0}
    return {**record, "properties": SUBJECT, "reason": "", "raised": "", **fields}


def written(*reports: dict[str, Any], collected: list[str] | None = None, **finish: Any) -> str:
    """Return a whole file around some reports."""
    ids = [TEST] if collected is None else collected
    end = {"kind": "finish", "exit_status": 0, "collected": ids, "deselected": 0, **finish}
    records = [{"kind": "start", "schema": 1, "environment": "sandbox"}, *reports, end, {"kind": "end"}]
    return "".join(json.dumps(record) + "\n" for record in records)


def passed(test: str = TEST, **fields: Any) -> list[dict[str, Any]]:
    """Return the three reports of a test that passed."""
    return [phase(when, test=test, **fields) for when in ("setup", "call", "teardown")]


def test_a_passed_test_observes_zero_failed_checks() -> None:
    """The evidence carries criterion, subject, producer, environment and window."""
    bundle = parse(written(*passed()), exit_status=0)
    (item,) = bundle.items

    assert bundle.flaws == ()
    assert item.measurement is not None
    assert (item.measurement.value, item.measurement.unit, item.samples) == (0.0, FAILED_CHECKS, 1)
    assert (item.criterion, item.subject.service, item.subject.revision) == ("HLT-LIVE", "auth-service", "r2")
    assert (item.producer, item.environment) == (TEST, "sandbox")


@pytest.mark.parametrize(
    ("reports", "status", "words"),
    [
        ([phase("setup", "failed", reason="no port"), phase("teardown")], EvidenceStatus.ERRORED, "no port"),
        (
            [phase("setup", "skipped", reason="no chromium"), phase("teardown")],
            EvidenceStatus.NOT_RUN,
            "skip",
        ),
        ([phase("setup"), phase("call", "xfailed"), phase("teardown")], EvidenceStatus.NOT_RUN, "xfailed"),
        ([phase("setup"), phase("call", "xpassed"), phase("teardown")], EvidenceStatus.NOT_RUN, "xpassed"),
        (
            [phase("setup"), phase("call", "failed", raised="error", reason="KeyError"), phase("teardown")],
            EvidenceStatus.ERRORED,
            "KeyError",
        ),
        ([phase("setup"), phase("call"), phase("teardown", "failed")], EvidenceStatus.ERRORED, "fixture"),
        ([phase("call", "failed", raised="lost", reason="crash")], EvidenceStatus.ERRORED, "crash"),
        ([phase("setup"), phase("call")], EvidenceStatus.ERRORED, "incomplete"),
    ],
)
def test_what_saw_nothing_is_not_observed(reports: list[dict[str, Any]], status: str, words: str) -> None:
    """Skips and expected failures are NOT_RUN, broken fixtures, errors and lost workers ERRORED."""
    (item,) = parse(written(*reports)).items

    assert item.status is status
    assert words in item.reason


def test_a_failed_assertion_is_an_observation() -> None:
    """It measures one failed check and keeps whom it blames."""
    blamed = [*SUBJECT, ("blames", "frontend")]
    failed = phase("call", "failed", raised="assertion", reason="500", properties=blamed)
    (item,) = parse(written(phase("setup"), failed, phase("teardown"))).items

    assert item.measurement is not None
    assert (item.status, item.measurement.value, item.blames) == (EvidenceStatus.OBSERVED, 1.0, "frontend")


def test_a_measuring_test_gives_its_measurement() -> None:
    """Value, unit and samples arrive as measured."""
    measured = [*SUBJECT, ("measurement", json.dumps({"value": 12.5, "unit": "ms", "samples": 400}))]
    (item,) = parse(written(*passed(properties=measured))).items

    assert item.measurement is not None
    assert (item.measurement.value, item.measurement.unit, item.samples) == (12.5, "ms", 400)


@pytest.mark.parametrize(
    "text",
    [
        '{"value": NaN, "unit": "ms", "samples": 1}',
        '{"unit": "ms"}',
        "x",
        '{"value":1,"unit":"ms","samples":-1}',
    ],
)
def test_an_unusable_measurement_is_errored(text: str) -> None:
    """NaN, a missing field, no JSON and negative samples measure nothing."""
    (item,) = parse(written(*passed(properties=[*SUBJECT, ("measurement", text)]))).items

    assert (item.status, item.measurement) == (EvidenceStatus.ERRORED, None)


def test_a_test_without_a_service_is_about_the_platform() -> None:
    """The subject falls back to the whole platform."""
    (item,) = parse(written(*passed(properties=[("criterion", "JRN")]))).items

    assert item.subject.service == PLATFORM


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ended before it began"),
        (written(*passed()).rsplit("\n", 2)[0] + "\n", "ended in the middle"),
        (written(*passed()) * 2, "two processes wrote"),
        (written(collected=[]), "no test was collected"),
        (written(*passed(), collected=[TEST, "other"]), "collected but not run: other"),
        (written(*passed(), collected=[TEST, TEST]), "2 tests collected under 1 distinct ids"),
        (written(*passed(), deselected=3), "3 tests were deselected"),
        (written(*passed(), *passed()), "twice"),
        (written(*passed(), collected=["other"]), "ran without being collected"),
        (written(*passed()) + "{", "not JSON"),
        (written(*passed()) + "[]\n", "not a record"),
        (written(*passed()).replace('"schema": 1', '"schema": 2'), "format 2"),
        (written({"kind": "flaw", "text": "worker gw0 was lost"}, *passed()), "worker gw0 was lost"),
    ],
)
def test_every_oddity_of_the_channel_is_a_flaw(text: str, words: str) -> None:
    """A flaw is named, so that the verdict can never be GO."""
    assert any(words in flaw for flaw in parse(text).flaws)


def test_an_exit_status_that_differs_from_the_announced_one_is_a_flaw() -> None:
    """A process that was killed after its last line did not end properly."""
    assert "returned -9" in parse(written(*passed()), exit_status=-9).flaws[0]


@given(cut=st.integers(0, len(written(*passed())) - 2))
def test_a_file_cut_anywhere_has_a_flaw(cut: int) -> None:
    """Law: truncation is always seen."""
    assert parse(written(*passed())[:cut]).flaws


@given(lost=st.integers(0, 5))
def test_a_lost_report_never_improves_a_run(lost: int) -> None:
    """Law: with any one report missing there is a flaw or a test that observed nothing."""
    reports = [*passed(), *passed(test="other")]
    del reports[lost]
    bundle = parse(written(*reports, collected=[TEST, "other"]))

    assert bundle.flaws or any(item.status is not EvidenceStatus.OBSERVED for item in bundle.items)


@pytest.mark.parametrize(
    ("ids", "flaw"),
    [([TEST], "the test run was interrupted"), ([TEST, "other"], "interrupted: 1 of 2 tests were not run")],
)
def test_an_interrupted_run_is_a_flaw_with_what_it_did_not_get_to(ids: list[str], flaw: str) -> None:
    """One line, whether anything is missing or not."""
    ended = {"is_interrupted": True, "ended_early": "the test run was interrupted"}
    (said,) = parse(written(*passed(), collected=ids, **ended)).flaws

    assert said.endswith(flaw)


def test_merging_keeps_all_evidence_and_all_flaws() -> None:
    """Several processes give one bundle."""
    first, second = parse(written(*passed())), parse("")

    assert merge([first, second]) == EvidenceBundle(items=first.items, flaws=second.flaws)


def test_many_tests_that_did_not_run_are_counted() -> None:
    """The first are named, so that a run that was ended early stays readable."""
    ids = [f"t.py::test_{number}" for number in range(10)]
    lines = [
        {"kind": "start", "schema": SCHEMA, "environment": "sandbox"},
        {"kind": "finish", "exit_status": 2, "collected": ids, "deselected": 0},
        {"kind": "end"},
    ]
    flaws = parse("\n".join(json.dumps(line) for line in lines)).flaws

    assert [flaw for flaw in flaws if "not run" in flaw] == [
        "collected but not run: t.py::test_0",
        "collected but not run: t.py::test_1",
        "collected but not run: t.py::test_2",
        "collected but not run: 7 more tests",
    ]

"""`gate judge`: a verdict is replayed as it was; what people signed since counts when it is judged again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates import cli
from gates.adapters.runs.run_keeper import RunKeeper
from gates.model.criterion import Priority, Severity, Stage
from gates.model.evidence import ATTESTATION, Subject, Window
from gates.model.exit_code import ExitCode
from gates.model.judgement import Waiver
from gates.model.verdict import VerdictOutcome
from gates.workflows.request import Request
from tests.support.builders import criterion, evidence
from tests.support.fake_cloud import EPOCH
from tests.support.fake_context import FakeContext
from tests.support.release_run import Run

MILD = criterion(services=("frontend", "auth-service"), severity=Severity.CRITICAL, priority=Priority.P1)
ATTESTED = criterion(
    id="OPS-01",
    services=("frontend",),
    producers=(),
    attested_by="on-call",
    statement="Everybody is trained.",
)
WAIVER = Waiver(
    criterion=MILD.id,
    service="frontend",
    reason="known, and mended next week",
    approved_by="person-one",
    role="on-call",
    expires_at=EPOCH + timedelta(days=7),
)


def look(context: FakeContext) -> Path:
    """Look at the release, judge it, and return the run's folder."""
    folder = context.run_folder("run-1")
    gate = context.gate(folder, announce=RunKeeper(folder), seconds=0)
    request = Request(stage=Stage.IMMEDIATE, run_id="run-1")
    views = gate.views()
    release = gate.find(request, views).release
    gate.judge(request, gate.look(request, gate.demand(request), release, views), release, at=EPOCH)
    return folder.path


def attest(context: FakeContext) -> None:
    """Sign that everybody is trained."""
    part = context.open_run_folder(context.reports / "run-1").read_setup().release.of("frontend")
    assert part is not None
    said = evidence(
        0.0,
        criterion=ATTESTED.id,
        producer=f"{ATTESTATION}on-call[person-one]",
        window=Window(start=EPOCH, end=EPOCH),
        subject=Subject(service="frontend", revision=part.candidate.name, digest=part.candidate.digest),
    )
    context.statements.said.append(said)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """Give a context in whose release the frontend fails what may be waived."""
    run = Run(lambda _criterion, service: 1.0 if service == "frontend" else 0.0, demands=(MILD,))
    return FakeContext(run, tmp_path).installed(monkeypatch)


def judge(folder: Path, *more: str) -> ExitCode:
    """Judge a folder on the command line."""
    return cli.invoke(["judge", str(folder), "--env", "sandbox", *more])


def test_a_waiver_counts_without_a_new_look_when_the_run_is_judged_again(context: FakeContext) -> None:
    """Beside the run, which stays as it was; the new folder has everything that a run's has."""
    folder = look(context)
    before = (folder / "verdict.json").read_bytes()
    context.statements.waived.append(WAIVER)

    assert judge(folder, "--again") is ExitCode.GO
    assert context.built[-1]["seconds"] == 0
    again = folder.parent / "run-1-judged-2"
    verdict = context.open_run_folder(again).read_verdict()
    waived = [one.key for one in verdict.judgements if one.is_waived]
    assert (verdict.outcome, waived) == (VerdictOutcome.GO, [f"{MILD.id}@frontend"])
    assert {"setup.json", "evidence.jsonl", "decision.json", "summary.md"} <= {
        f.name for f in again.iterdir()
    }
    assert (folder / "verdict.json").read_bytes() == before
    assert context.run.ledger.last_go("sandbox", "frontend")[0].name == "frontend-2"


def test_judging_again_and_again_counts_up(context: FakeContext) -> None:
    """No folder is ever written twice, wherever one starts from."""
    folder = look(context)

    assert judge(folder, "--again") is ExitCode.NO_GO
    assert judge(folder.parent / "run-1-judged-2", "--again") is ExitCode.NO_GO
    assert sorted(one.name for one in folder.parent.glob("run-1*")) == [
        "run-1",
        "run-1-judged-2",
        "run-1-judged-3",
    ]


def test_a_replay_is_of_then_whatever_was_waived_since(context: FakeContext) -> None:
    """A waiver of a minute later changes no verdict of before: the replay gives the same bytes."""
    folder = look(context)
    context.statements.waived.append(WAIVER)

    assert judge(folder) is ExitCode.NO_GO
    judge(folder, "--again")
    assert judge(folder.parent / "run-1-judged-2") is ExitCode.GO


def test_a_verdict_whose_waiver_nobody_signed_is_not_replayed(context: FakeContext) -> None:
    """A waiver that stands in the file alone is not believed."""
    context.statements.waived.append(WAIVER)
    folder = look(context)
    context.statements.waived.clear()

    assert judge(folder) is ExitCode.USAGE_ERROR


def test_an_attestation_counts_when_the_run_is_judged_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people say takes the place of what they had said when the gate looked."""
    silent = Run(lambda one, _service: None if one.id == ATTESTED.id else 0.0, demands=(MILD, ATTESTED))
    people = FakeContext(silent, tmp_path).installed(monkeypatch)
    folder = look(people)
    assert judge(folder) is ExitCode.INCONCLUSIVE
    attest(people)

    assert judge(folder, "--again") is ExitCode.GO


def test_evidence_that_is_too_old_counts_no_longer(context: FakeContext) -> None:
    """Judging again looks at nothing anew, so it cannot make old evidence young."""
    folder = look(context)
    context.statements.waived.append(replace(WAIVER, expires_at=EPOCH + timedelta(days=700)))
    context.run.cloud.clock.wait(timedelta(days=365).total_seconds())

    assert judge(folder, "--again") is ExitCode.INCONCLUSIVE

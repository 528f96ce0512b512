"""`gate judge`: a verdict is replayed as it was; what people signed since counts when it is judged again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gates import cli, composition
from gates.adapters.runs.allure_report import BuiltReport
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.runs.run_keeper import RunKeeper
from gates.model.criterion import Criterion, Priority, Severity, Stage
from gates.model.events import Event
from gates.model.evidence import ATTESTATION, Evidence, EvidenceBundle, Subject, Window
from gates.model.exit_code import ExitCode
from gates.model.judgement import Waiver
from gates.model.release import Release
from gates.model.verdict import VerdictOutcome
from gates.reporting.redaction import Redactor
from gates.workflows.pipeline import Gate
from gates.workflows.request import Request
from tests.gate.workflows.test_pipeline import Run
from tests.support.builders import criterion, evidence
from tests.support.fake_cloud import EPOCH

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


@dataclass
class FakeContext:
    """A context over the pipeline's fakes, in which people sign by adding to two lists."""

    run: Run
    reports: Path
    said: list[Evidence] = field(default_factory=list)
    waived: list[Waiver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.platform, self.environment = self.run.gate.platform, self.run.gate.environment
        self.environment_name = self.environment.name
        self.catalogue = self.run.gate.catalogue
        self.statements = self

    def __call__(self, _name: str) -> FakeContext:
        """Stand in for the class."""
        return self

    def evidence(self, _criteria: Sequence[Criterion], _release: Release) -> EvidenceBundle:
        """Return what was attested."""
        return EvidenceBundle(items=tuple(self.said))

    def waivers(self, _release: Release, _at: datetime) -> tuple[Waiver, ...]:
        """Return what was waived."""
        return tuple(self.waived)

    def run_folder(self, run_id: str, root: Path | None = None) -> RunFolder:
        """Make the folder of a run."""
        return RunFolder.create(root or self.reports, run_id, Redactor())

    def open_run_folder(self, path: Path) -> RunFolder:
        """Return the folder of an earlier run."""
        return RunFolder.open(path, Redactor())

    def gate(self, _folder: RunFolder, *, announce: Callable[[Event], None], seconds: float) -> Gate:
        """Return the gate with another listener."""
        assert seconds == 0
        return replace(self.run.gate, announce=announce, waivers=self.waivers)

    def look(self) -> Path:
        """Look at the release, judge it, and return the run's folder."""
        folder = self.run_folder("run-1")
        gate = self.gate(folder, announce=RunKeeper(folder), seconds=0)
        request = Request(stage=Stage.IMMEDIATE, run_id="run-1")
        views = gate.views()
        release = gate.find(request, views).release
        bundle = folder.write_evidence(gate.look(request, gate.demand(request), release, views))
        gate.judge(request, bundle, release, at=gate.ports.clock.now())
        return folder.path

    def attest(self) -> None:
        """Sign that everybody is trained."""
        release = self.open_run_folder(self.reports / "run-1").read_setup().release
        part = release.of("frontend")
        assert part is not None
        subject = Subject(service="frontend", revision=part.candidate.name, digest=part.candidate.digest)
        said = evidence(
            0.0,
            criterion=ATTESTED.id,
            service="frontend",
            producer=f"{ATTESTATION}on-call[person-one]",
            window=Window(start=EPOCH, end=EPOCH),
            subject=subject,
        )
        self.said.append(said)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """Give a context in whose release the frontend fails what may be waived."""
    run = Run(lambda _criterion, service: 1.0 if service == "frontend" else 0.0, demands=(MILD,))
    made = FakeContext(run, tmp_path)
    monkeypatch.setattr(composition, "Context", made)
    monkeypatch.setattr(composition, "allure_page", lambda _folder: BuiltReport(page=None, problem="no node"))
    return made


def judge(folder: Path, *more: str) -> ExitCode:
    """Judge a folder on the command line."""
    return cli.invoke(["judge", str(folder), "--env", "sandbox", *more])


def test_a_waiver_counts_without_a_new_look_when_the_run_is_judged_again(context: FakeContext) -> None:
    """Beside the run, which stays as it was; the new folder has everything that a run's has."""
    folder = context.look()
    before = (folder / "verdict.json").read_bytes()
    context.waived.append(WAIVER)

    assert judge(folder, "--again") is ExitCode.GO
    again = folder.parent / "run-1-judged-2"
    document, verdict = context.open_run_folder(again).read_verdict()
    assert (verdict.outcome, document.counts.waived) == (VerdictOutcome.GO, 1)
    assert {"setup.json", "evidence.jsonl", "decision.json", "summary.md"} <= {
        f.name for f in again.iterdir()
    }
    assert (folder / "verdict.json").read_bytes() == before
    assert context.run.ledger.last_go("sandbox", "frontend")[0].name == "frontend-2"


def test_judging_again_and_again_counts_up(context: FakeContext) -> None:
    """No folder is ever written twice, wherever one starts from."""
    folder = context.look()

    assert judge(folder, "--again") is ExitCode.NO_GO
    assert judge(folder.parent / "run-1-judged-2", "--again") is ExitCode.NO_GO
    assert sorted(one.name for one in folder.parent.glob("run-1*")) == [
        "run-1",
        "run-1-judged-2",
        "run-1-judged-3",
    ]


def test_a_replay_is_of_then_whatever_was_waived_since(context: FakeContext) -> None:
    """A waiver of a minute later changes no verdict of before: the replay gives the same bytes."""
    folder = context.look()
    context.waived.append(WAIVER)

    assert judge(folder) is ExitCode.NO_GO
    judge(folder, "--again")
    assert judge(folder.parent / "run-1-judged-2") is ExitCode.GO


def test_a_verdict_whose_waiver_nobody_signed_is_not_replayed(context: FakeContext) -> None:
    """A waiver that stands in the file alone is not believed."""
    context.waived.append(WAIVER)
    folder = context.look()
    context.waived.clear()

    assert judge(folder) is ExitCode.USAGE_ERROR


def test_an_attestation_counts_when_the_run_is_judged_again(
    context: FakeContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people say takes the place of what they had said when the gate looked."""
    silent = Run(lambda one, _service: None if one.id == ATTESTED.id else 0.0, demands=(MILD, ATTESTED))
    people = FakeContext(silent, tmp_path)
    monkeypatch.setattr(composition, "Context", people)
    folder = people.look()
    assert judge(folder) is ExitCode.INCONCLUSIVE
    people.attest()

    assert judge(folder, "--again") is ExitCode.GO


def test_evidence_that_is_too_old_counts_no_longer(context: FakeContext) -> None:
    """Judging again looks at nothing anew, so it cannot make old evidence young."""
    folder = context.look()
    context.waived.append(replace(WAIVER, expires_at=EPOCH + timedelta(days=700)))
    context.run.cloud.clock.wait(timedelta(days=365).total_seconds())

    assert judge(folder, "--again") is ExitCode.INCONCLUSIVE

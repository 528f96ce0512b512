"""`gate rollback --planned` on the command line: every step over fakes, in order, told and resumable."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gates import cli
from gates.cli import command as command_module
from gates.cli import rollback_planned
from gates.errors import UnavailableError
from gates.model.decision import RollbackPlan
from gates.model.evidence import Window
from gates.model.exit_code import ExitCode
from gates.model.rollback_policy import RollbackPolicy
from gates.operations.maintenance import Maintenance
from gates.operations.performing import Performer
from gates.operations.service_levels import ServiceLevels
from gates.workflows.gate_run import GateRun
from gates.workflows.planned_rollback import unfinished
from gates.workflows.planned_work import REPORT, PlannedPorts, PlannedWork
from tests.support.fake_context import FakeContext
from tests.support.fake_operations import FakeDatabase, FakeServices, database
from tests.support.fake_room import PLATFORM, environment
from tests.support.release_run import Run, healthy


def no_run(run_id: str) -> GateRun:
    """Refuse to begin a run of the gate."""
    raise AssertionError(run_id)


@dataclass
class Stage:
    """The operations of a planned rollback over the cloud of a context: `a` is public, `b` depends on it."""

    context: FakeContext
    services: FakeServices = field(default_factory=FakeServices)
    sql: FakeDatabase = field(default_factory=database)
    looks: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    refused: str = ""
    why_unshared: str = ""

    def __post_init__(self) -> None:
        """Make what stands on the cloud."""
        self.cloud, self.ledger = self.context.cloud, self.context.ledger
        performer = Performer(self.ledger, self.cloud.clock, environment="sandbox", by="ana")
        self.maintenance = Maintenance(
            self.context.ports, performer, image="page:1", cloud_name=lambda name: name
        )

    def service_levels(self, service: str, window: Window) -> ServiceLevels:
        """Return what Monitoring saw."""
        return ServiceLevels(service=service, requests=3000, error_ratio=0.02, p95_ms=900.0)

    @property
    def planned(self) -> PlannedPorts:
        """What a planned rollback needs; nothing is looked at, so no run begins."""
        return PlannedPorts(
            environment=self.context.environment,
            platform=self.context.platform,
            rollback=self.context.ports,
            ledger=self.ledger,
            maintenance=self.maintenance,
            health=self.services.health,
            database=self.sql.state,
            levels=self.service_levels,
            begin=no_run,
            by="ana",
        )

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    """The stage, with looks that only note what they are asked."""
    policy = replace(PLATFORM.policy, rollback=RollbackPolicy(post_test=("HLT-READY",)))
    run = Run(healthy, platform=replace(PLATFORM, policy=policy), place=environment())
    made = Stage(FakeContext(run, tmp_path).installed(monkeypatch))

    def result(_work: PlannedWork, name: str, _plan: RollbackPlan, only: tuple[str, ...]) -> Iterator[str]:
        made.looks.append((name, only))
        if made.refused == name:
            yield "HLT-READY of a does not hold"

    for command in (rollback_planned, command_module):
        monkeypatch.setattr(command, "OperationsContext", lambda *_: made)
    monkeypatch.setattr(PlannedWork, "_looked", result)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return made


def gate(words: str) -> ExitCode:
    """Run one command line."""
    return cli.invoke(["rollback", *words.split(), "--env", "sandbox"])


def test_the_whole_procedure_goes_from_page_to_targets(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """Report, page, both services, tests, page off: what serves are the targets, and all is on record."""
    assert gate("--planned --yes --by ana") is ExitCode.GO
    out = capsys.readouterr().out
    assert "24 h of a: 3000 requests, errors 2.000 %, p95 900 ms" in out
    assert "planned rollback of 2 services closed" in out
    assert (stage.cloud.serving("a"), stage.cloud.serving("b")) == ("a-1", "b-1")
    assert stage.looks == [("test", ("HLT-READY",)), ("after", ())]
    assert [new.image or new.source for new in stage.cloud.made] == ["page:1", "a-1"]
    report = next(one for one in stage.ledger.recorded if one.action == REPORT)
    assert "24 h of b" in report.detail
    assert gate("resume") is ExitCode.GO
    assert "nothing is unfinished" in capsys.readouterr().out


def test_a_dry_run_shows_every_call_and_sends_none(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """All six steps in their order."""
    assert gate("--planned --dry-run") is ExitCode.GO
    out = capsys.readouterr().out
    steps = ("pre-validation", "maintenance on", "roll back", "post-test", "maintenance off")
    found = [out.index(f"{number}. {step}") for number, step in enumerate((*steps, "post-validation"), 1)]
    assert found == sorted(found)
    assert "behind]" in out
    assert "of page:1" in out
    assert re.search(r"making a-resum-\w+ of a-1", out)
    assert "gate run --env sandbox --stage post-rollback" in out
    assert (stage.cloud.writes, stage.ledger.recorded) == ([], [])


@pytest.mark.parametrize("guard", ["health", "database"])
def test_a_platform_that_stands_badly_is_not_touched_without_a_word(
    stage: Stage, capsys: pytest.CaptureFixture[str], guard: str
) -> None:
    """What stays is unwell, or the database is: nothing begins; with a word, which is on record, it does."""
    if guard == "health":
        stage.services.silent.add("a")
    else:
        stage.sql.found = replace(stage.sql.found, state="MAINTENANCE")
    assert gate("b --planned --yes") is ExitCode.ACTION_FAILED
    assert f"--override {guard}=REASON" in capsys.readouterr().out
    assert stage.cloud.writes == []
    assert gate(f"b --planned --yes --override {guard}=known") is ExitCode.GO
    assert any(one.action == "override-guard" and one.detail == "known" for one in stage.ledger.recorded)


def test_a_database_that_cannot_be_asked_is_one_that_stands_badly(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is no good news."""

    def silent() -> None:
        raise UnavailableError("the database admin does not answer")

    monkeypatch.setattr(stage.sql, "state", silent)
    assert gate("--planned --yes") is ExitCode.ACTION_FAILED
    assert "the database admin does not answer" in capsys.readouterr().out


def test_a_post_test_that_fails_keeps_the_page_and_says_so(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status names page and reason; once it holds, a resume ends it."""
    stage.refused = "test"
    assert gate("--planned --yes") is ExitCode.ACTION_FAILED
    out = capsys.readouterr().out
    assert "FAILED  post-test: HLT-READY of a does not hold" in out
    assert "MAINTENANCE MAY BE ON" in out
    assert gate("status") is ExitCode.GO
    out = capsys.readouterr().out
    assert "a  MAINTENANCE: users get 503; 1 is staged" in out
    assert "MAINTENANCE IS ON at a: turned on by ana" in out
    assert "next is post-test: HLT-READY of a does not hold" in out
    assert "gate rollback unpin b --env" in out
    assert gate("--planned --yes") is not ExitCode.GO
    stage.refused = ""
    assert gate("resume --yes") is ExitCode.GO
    assert stage.cloud.serving("a") == "a-1"


def test_what_somebody_finished_between_look_and_word_is_not_done_again(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page does not come back."""
    stage.refused = "test"
    gate("--planned --yes")
    begun = unfinished(stage.ledger, "sandbox")
    stage.refused = ""
    assert gate("resume --yes") is ExitCode.GO
    writes = len(stage.cloud.writes)
    capsys.readouterr()
    monkeypatch.setattr(rollback_planned, "unfinished_procedure", lambda *_: begun)
    assert gate("resume --yes") is ExitCode.GO
    assert "was finished meanwhile" in capsys.readouterr().out
    assert len(stage.cloud.writes) == writes
    assert not stage.cloud.services["a"].traffic.is_in_maintenance


def test_a_page_is_no_pin_to_end(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Who ends every pin is not told of the service behind the page, and leaves it alone."""
    stage.refused = "test"
    gate("--planned --yes")
    capsys.readouterr()
    gate("unpin --all --yes --even-unverified fixed")
    assert "the maintenance page is up" not in capsys.readouterr().out
    assert stage.cloud.services["a"].traffic.is_in_maintenance


def test_a_policy_without_a_post_test_lets_nobody_back(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to test is no test that held."""
    stage.context.platform = PLATFORM
    assert gate("--planned --yes") is ExitCode.ACTION_FAILED
    assert "rollback.postTest" in capsys.readouterr().out
    assert stage.cloud.services["a"].traffic.is_in_maintenance


def test_an_abandoned_one_leaves_the_page_and_the_way_out(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is unfinished, and status still says that the page is on."""
    stage.refused = "test"
    gate("--planned --yes")
    assert gate("resume --abandon") is ExitCode.GO
    capsys.readouterr()
    assert gate("status") is ExitCode.GO
    assert "→ gate maintenance off --env sandbox" in capsys.readouterr().out


def test_without_a_page_users_are_never_sent_to_one(stage: Stage) -> None:
    """The reason is on record."""
    assert cli.invoke(
        [
            *("rollback", "--planned", "--yes", "--env", "sandbox"),
            *("--without-maintenance", "nobody uses it"),
        ]
    ) is (ExitCode.GO)
    assert stage.cloud.made == []
    assert [name for name, _ in stage.cloud.writes] == ["b", "a"]
    assert stage.ledger.recorded[0].detail == "nobody uses it"


def test_another_gate_keeps_it_out(stage: Stage) -> None:
    """One lease from the first step to the last."""
    stage.context.journal.holder = "rollback-of-ben"
    assert gate("--planned --yes") is ExitCode.ACTION_FAILED
    assert stage.ledger.recorded == []


def test_a_page_that_is_on_already_is_refused(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """What it will give way to is only known when the procedure turns it on."""
    stage.maintenance.turn_on("a", "sandbox", is_dry=False)
    assert gate("b --planned --yes") is ExitCode.ACTION_FAILED
    assert "a is in maintenance already: gate maintenance off a" in capsys.readouterr().out

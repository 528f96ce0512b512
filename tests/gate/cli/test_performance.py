"""Commands about cold starts, bounds, redeployment and drills."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from gates import cli
from gates.model.drill import DrillRecord
from gates.model.exit_code import ExitCode
from tests.support.builders import drill
from tests.support.fake_clock import EPOCH
from tests.support.fake_operations import settings
from tests.support.fake_room import FakeOperations, environment

RECORD = drill(rto_s=60.0, rpo_s=60.0, at=EPOCH)


@dataclass
class FakeDrills:
    """Every drill ends as a test says."""

    record: DrillRecord = RECORD
    done: int = 0

    def _drill(self, *_what: object) -> DrillRecord:
        self.done += 1
        return self.record

    restore = redeploy = partial = rollback = _drill

    def redeploy_all(self) -> tuple[DrillRecord, ...]:
        """All at once."""
        return (self._drill(),)


def run(command: str) -> ExitCode:
    """Run one command line in the sandbox."""
    return cli.invoke([*command.split(), "--env", "sandbox"])


def test_a_cold_start_is_measured(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """At the revision that a rollback would choose."""
    assert run("coldstart a") is ExitCode.GO
    assert "s for a-1" in capsys.readouterr().out
    assert run("coldstart a --revision a-2") is ExitCode.ACTION_FAILED
    assert run("coldstart nothing") is ExitCode.USAGE_ERROR


def test_bounds_are_reported_and_set(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is changed without --apply, and the way back is known."""
    assert run("autoscaling report") is ExitCode.GO
    assert run("autoscaling optimize --apply") is ExitCode.GO
    operations.peak = 4.0
    assert run("autoscaling report") is ExitCode.NO_GO
    assert "no headroom: better 1 to 6" in capsys.readouterr().out
    assert run("autoscaling optimize") is ExitCode.GO
    assert operations.configuration.writes == []
    assert run("autoscaling optimize --apply") is ExitCode.GO
    assert operations.configuration.services["a"].scaling.maximum == 6
    operations.peak = None
    operations.configuration.services["a"] = settings("a")
    assert run("autoscaling report") is ExitCode.INCONCLUSIVE
    assert "no data" in capsys.readouterr().out


def test_services_are_redeployed(operations: FakeOperations) -> None:
    """One, several or all; --from names a revision of one."""
    assert run("redeploy") is ExitCode.USAGE_ERROR
    assert run("redeploy a --all") is ExitCode.USAGE_ERROR
    assert run("redeploy a b --from a-1") is ExitCode.USAGE_ERROR
    assert run("redeploy a --from a-1") is ExitCode.GO
    assert [new.source for new in operations.cloud.made] == ["a-1"]
    assert run("redeploy --all") is ExitCode.GO
    assert len(operations.cloud.made) == 3


def test_a_build_rolls_back(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """One, several or all; the services' own answers prove it."""
    assert run("build rollback") is ExitCode.USAGE_ERROR
    assert run("build rollback a --dry-run") is ExitCode.GO
    assert "gcloud move a" in capsys.readouterr().out
    assert run("build rollback --all") is ExitCode.GO
    assert "build b-1 is done" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    ["drill restore", "drill redeploy a", "drill redeploy-all", "drill partial a", "drill rollback a"],
)
def test_drills_are_disruptive(
    operations: FakeOperations, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They need an environment that allows it; a dry run only says what would be done."""
    operations.drilling = drills = FakeDrills()
    assert run(f"{command} --dry-run") is ExitCode.GO
    assert "would" in capsys.readouterr().out
    assert drills.done == 0
    assert run(command) is ExitCode.GO
    assert "kept" in capsys.readouterr().out
    operations.environment = replace(environment(), allowed_impacts=())
    assert run(command) is ExitCode.USAGE_ERROR
    assert drills.done == 1


def test_all_drills_end_with_the_rollback_of_what_serves(operations: FakeOperations) -> None:
    """One restore, all redeployed, then each service back and forth."""
    operations.drilling = drills = FakeDrills()
    assert run("drill all --dry-run") is ExitCode.GO
    assert drills.done == 0
    assert run("drill all") is ExitCode.GO
    assert drills.done == 4


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (replace(RECORD, rto_s=901.0), "MISSED"),
        (replace(RECORD, rpo_s=301.0, subject="a"), "missed: critical"),
        (replace(RECORD, passed=False), "FAILED"),
    ],
)
def test_a_missed_objective_is_not_green(
    operations: FakeOperations, record: DrillRecord, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too slow, too much lost, or not verified."""
    operations.drilling = FakeDrills(record=record)
    assert run("drill restore") is ExitCode.NO_GO
    assert shown in capsys.readouterr().out


def test_recorded_drills_are_shown(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """None at all is 5, never all good."""
    assert run("drill report") is ExitCode.NOTHING_EVALUATED
    operations.ledger.record_drill(RECORD)
    assert run("drill report") is ExitCode.GO
    assert "RTO 60.00 s, RPO 60 s" in capsys.readouterr().out

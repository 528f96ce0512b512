"""`gate rollback verify`: whose way back is looked at, what is told, and how it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates.cli import invoke, rollback_verify
from gates.composition import golive as golive_parts
from gates.model.decision import Target
from gates.model.drill import DrillKind, DrillRecord
from gates.model.exit_code import ExitCode
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support.builders import drill
from tests.support.fake_cloud import EPOCH
from tests.support.fake_context import FakeContext
from tests.support.fake_room import FakeOperations
from tests.support.release_run import Run, healthy

PROVE = ["rollback", "verify", "--env", "sandbox"]
NEW, OLD = "auth-service-2", "auth-service-1"


@dataclass
class FakeReadiness:
    """Verifies a way back as far as it has no fault; what it found is kept, the newest first."""

    faults: dict[str, str] = field(default_factory=dict)
    found: list[DrillRecord] = field(default_factory=list)

    def prove_all(self, targets: Sequence[Target], environment: str) -> list[DrillRecord]:
        """Verify all ways back."""
        return [self._prove(target, environment) for target in targets]

    def _prove(self, target: Target, environment: str) -> DrillRecord:
        service = target.action.service
        record = drill(
            kind=DrillKind.WAY_BACK,
            subject=service,
            environment=environment,
            fingerprint=target.identity,
            rpo_s=0.0,
            passed=service not in self.faults,
            at=EPOCH,
            detail=self.faults.get(service, "answers"),
        )
        self.found.insert(0, record)
        return record


@pytest.fixture
def readiness() -> FakeReadiness:
    """Ways back without a fault."""
    return FakeReadiness()


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, readiness: FakeReadiness) -> FakeContext:
    """Two services with two revisions each; nothing waits for traffic."""
    made = FakeContext(Run(healthy), tmp_path).installed(monkeypatch)
    made.ledger.drilled = readiness.found
    operations = FakeOperations(rollback_readiness=readiness)
    monkeypatch.setattr(rollback_verify, "OperationsContext", operations)
    return made


def wait_for_traffic(context: FakeContext, service: str) -> None:
    """Give all the traffic to the older revision, so that the newer is a candidate that waits for it."""
    targets = (TrafficTarget(revision=f"{service}-1", percent=100),)
    context.cloud.services[service].traffic = TrafficSplit(targets=targets)


def test_only_who_waits_for_traffic_is_proven(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others have nothing to go live with."""
    wait_for_traffic(context, "auth-service")

    assert invoke(PROVE) is ExitCode.GO
    assert capsys.readouterr().out == "verified  auth-service: answers\n"


def test_when_nothing_waits_a_person_names_what_is_meant(
    context: FakeContext, readiness: FakeReadiness, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is proven by looking at nothing."""
    assert invoke(PROVE) is ExitCode.USAGE_ERROR
    assert "no candidate waits for traffic" in capsys.readouterr().err
    assert invoke([*PROVE, "--all"]) is ExitCode.GO
    assert sorted(proof.subject for proof in readiness.found) == ["auth-service", "frontend"]


def test_a_way_that_is_shut_is_no_success(
    context: FakeContext, readiness: FakeReadiness, capsys: pytest.CaptureFixture[str]
) -> None:
    """A proof that failed, or nothing to go back to."""
    readiness.faults["frontend"] = "/readyz answers 503"
    assert invoke([*PROVE, "frontend", "auth-service"]) is ExitCode.NO_GO
    assert "FAILED  frontend: /readyz answers 503" in capsys.readouterr().out
    entry = context.cloud.services["auth-service"]
    entry.revisions = entry.revisions[:1]
    assert invoke([*PROVE, "auth-service"]) is ExitCode.NO_GO
    assert "IMPOSSIBLE  auth-service: " in capsys.readouterr().out


def test_a_go_live_asks_for_a_fresh_proof_of_exactly_its_way_back(
    context: FakeContext, readiness: FakeReadiness
) -> None:
    """Never proven, proven, proven too long ago; who waits for nothing needs no proof."""
    candidates, unproven = {"auth-service": NEW}, golive_parts.readiness(context).unproven  # type: ignore[arg-type]
    assert unproven(candidates) == ()
    wait_for_traffic(context, "auth-service")
    (missing,) = unproven(candidates)
    assert missing == f"auth-service → {OLD}: never verified"
    invoke(PROVE)
    assert unproven(candidates) == ()
    readiness.found[0] = replace(readiness.found[0], at=context.ports.clock.now() - timedelta(days=60))
    (missing,) = unproven(candidates)
    assert "the proof is of " in missing


def test_the_former_name_of_the_command_still_works(context: FakeContext, readiness: FakeReadiness) -> None:
    """Scripts that say `prove` do the same."""
    code = invoke(["rollback", "prove", "--env", "sandbox"])
    assert code is invoke(PROVE)
    assert len(readiness.found) == 2 * len({one.subject for one in readiness.found})

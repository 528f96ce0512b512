"""`gate rollback verify`: whose way back is looked at, what is told, and how it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates import composition
from gates.cli import invoke, rollback_verify
from gates.composition import golive as golive_parts
from gates.model.decision import Target
from gates.model.drill import DrillKind, DrillRecord
from gates.model.exit_code import ExitCode
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.gate.workflows.test_pipeline import Run, healthy
from tests.support.fake_context import FakeContext

PROVE = ["rollback", "verify", "--env", "sandbox"]
NEW, OLD = "auth-service-2", "auth-service-1"


@dataclass
class VerifyContext(FakeContext):
    """A context whose ways back are as a test says; proofs are kept, the newest first."""

    faults: dict[str, str] = field(default_factory=dict)
    proofs: list[DrillRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Add the cloud."""
        super().__post_init__()
        self.cloud = self.run.cloud

    def prove_all(self, targets: Sequence[Target], environment: str) -> list[DrillRecord]:
        """Prove all ways back."""
        return [self._prove(target, environment) for target in targets]

    def _prove(self, target: Target, environment: str) -> DrillRecord:
        """Prove a way back, as far as it has no fault."""
        service = target.action.service
        proof = DrillRecord(
            kind=DrillKind.WAY_BACK,
            subject=service,
            environment=environment,
            fingerprint=target.identity,
            rto_s=1.0,
            rpo_s=0.0,
            passed=service not in self.faults,
            at=self.ports.clock.now(),
            detail=self.faults.get(service, "answers"),
        )
        self.proofs.insert(0, proof)
        return proof

    def wait_for_traffic(self, service: str) -> None:
        """Give all the traffic to the older revision, so that the newer is a candidate that waits for it."""
        targets = (TrafficTarget(revision=f"{service}-1", percent=100),)
        self.cloud.services[service].traffic = TrafficSplit(targets=targets)


class Room:
    """Leads to the context's own way back."""

    def __init__(self, context: VerifyContext, _by: str) -> None:
        self.rollback_readiness = context


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> VerifyContext:
    """Two services with two revisions each; nothing waits for traffic."""
    made = VerifyContext(Run(healthy), tmp_path)
    monkeypatch.setattr(composition, "Context", made)
    monkeypatch.setattr(rollback_verify, "OperationsContext", Room)
    monkeypatch.setattr(type(made.ledger), "drills", lambda *_: tuple(made.proofs), raising=False)
    return made


def test_only_who_waits_for_traffic_is_proven(
    context: VerifyContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others have nothing to go live with."""
    context.wait_for_traffic("auth-service")

    assert invoke(PROVE) is ExitCode.GO
    assert capsys.readouterr().out == "verified  auth-service: answers\n"


def test_when_nothing_waits_a_person_names_what_is_meant(
    context: VerifyContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is proven by looking at nothing."""
    assert invoke(PROVE) is ExitCode.USAGE_ERROR
    assert "no candidate waits for traffic" in capsys.readouterr().err
    assert invoke([*PROVE, "--all"]) is ExitCode.GO
    assert sorted(proof.subject for proof in context.proofs) == ["auth-service", "frontend"]


def test_a_way_that_is_shut_is_no_success(context: VerifyContext, capsys: pytest.CaptureFixture[str]) -> None:
    """A proof that failed, or nothing to go back to."""
    context.faults["frontend"] = "/readyz answers 503"
    assert invoke([*PROVE, "frontend", "auth-service"]) is ExitCode.NO_GO
    assert "FAILED  frontend: /readyz answers 503" in capsys.readouterr().out
    entry = context.cloud.services["auth-service"]
    entry.revisions = entry.revisions[:1]
    assert invoke([*PROVE, "auth-service"]) is ExitCode.NO_GO
    assert "IMPOSSIBLE  auth-service: " in capsys.readouterr().out


def test_a_go_live_asks_for_a_fresh_proof_of_exactly_its_way_back(context: VerifyContext) -> None:
    """Never proven, proven, proven too long ago; who waits for nothing needs no proof."""
    candidates, unproven = {"auth-service": NEW}, golive_parts.readiness(context).unproven  # type: ignore[arg-type]
    assert unproven(candidates) == ()
    context.wait_for_traffic("auth-service")
    (missing,) = unproven(candidates)
    assert missing == f"auth-service → {OLD}: never verified"
    invoke(PROVE)
    assert unproven(candidates) == ()
    context.proofs[0] = replace(context.proofs[0], at=context.ports.clock.now() - timedelta(days=60))
    (missing,) = unproven(candidates)
    assert "the proof is of " in missing


def test_the_former_name_of_the_command_still_works(context: VerifyContext) -> None:
    """Scripts that say `prove` do the same."""
    code = invoke(["rollback", "prove", "--env", "sandbox"])
    assert code is invoke(PROVE)
    assert len(context.proofs) == 2 * len({one.subject for one in context.proofs})

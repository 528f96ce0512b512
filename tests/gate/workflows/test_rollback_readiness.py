"""The target of a rollback is started behind a tag, asked, and left as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from gates.errors import UnavailableError
from gates.model.decision import Target
from gates.model.drill import DrillKind, DrillRecord
from gates.workflows.rollback_readiness import TAG, ReadinessCheck
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, FakeLedger, two_revisions

OLD, NEW = "a-1", "a-2"


@dataclass
class Probe:
    """Answers after some seconds, or never; finds what it is told to find."""

    cloud: FakeCloud
    seconds: float = 1.0
    faults: tuple[str, ...] = ()
    is_silent: bool = False
    command: list[tuple[str, str | None]] = field(default_factory=list)

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Answer late."""
        if self.is_silent:
            raise UnavailableError("nobody answers")
        tags = {one.tag: one.revision for one in self.cloud.describe(service).traffic.targets if one.tag}
        self.command.append((tag, tags[tag]))
        self.cloud.clock.wait(self.seconds)

    def faults_behind(self, _service: str, _tag: str, _revision: str) -> Sequence[str]:
        """Return what was found."""
        return self.faults


@dataclass
class Bench:
    """Service a, whose second revision serves, and what was recorded."""

    cloud: FakeCloud = field(default_factory=lambda: FakeCloud(services={"a": two_revisions("a")}))
    ledger: FakeLedger = field(default_factory=FakeLedger)

    def prove(self, probe: Probe, *, to: str = OLD, objections: tuple[str, ...] = ()) -> DrillRecord:
        """Prove the way from the second revision to the first."""
        action = back("a", from_revision=NEW, to_revision=to, reason="")
        rollback_readiness = ReadinessCheck(
            self.cloud, probe, self.ledger, self.cloud.clock, timedelta(seconds=10)
        )
        return rollback_readiness.prove(
            Target(action=action, digest="sha256:1", objections=objections), "sandbox"
        )


def test_a_target_that_answers_is_proven_and_no_traffic_moved() -> None:
    """It stood behind a tag of its own for a moment; the list is what it was."""
    bench = Bench()
    before = bench.cloud.describe("a").traffic
    probe = Probe(bench.cloud)
    proof = bench.prove(probe)

    assert (proof.kind, proof.passed, proof.fingerprint) == (DrillKind.WAY_BACK, True, f"{OLD}@sha256:1")
    assert (proof.rto_s, bench.ledger.drilled) == (1.0, [proof])
    assert probe.command == [(TAG, OLD)]
    assert bench.cloud.describe("a").traffic == before
    assert bench.cloud.serving("a") == NEW


def test_a_serving_target_is_said_to_be_warm() -> None:
    """Its cold start is not pretended to be known."""
    bench = Bench()
    assert "warm, it serves" in bench.prove(Probe(bench.cloud), to=NEW).detail


@pytest.mark.parametrize(
    ("changes", "objections", "why"),
    [
        ({"seconds": 12.0}, (), "12.0 s to answer"),
        ({"faults": ("/readyz answers 503",)}, (), "/readyz answers 503"),
        ({"is_silent": True}, (), "nobody answers"),
        ({}, ("a-2 wrote data of version 2, a-1 reads 1",), "reads 1"),
    ],
)
def test_what_would_not_help_at_night_is_no_proof(
    changes: dict[str, object], objections: tuple[str, ...], why: str
) -> None:
    """A slow start, bad health, silence, a guard: recorded as failed, and the tag is gone."""
    bench = Bench()
    before = bench.cloud.describe("a").traffic
    proof = bench.prove(Probe(bench.cloud, **changes), objections=objections)  # type: ignore[arg-type]

    assert (proof.passed, why in proof.detail, bench.ledger.drilled) == (False, True, [proof])
    assert bench.cloud.describe("a").traffic == before

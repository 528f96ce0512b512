"""The way back is proven against real revisions, through the tag's own URL."""

from __future__ import annotations

from gates.composition.golive import readiness
from gates.model.drill import DrillKind
from gates.model.exit_code import ExitCode
from tests.sandbox.operations.conftest import Bench

SERVICE = "auth-service"


def test_only_a_target_that_lets_people_in_is_a_proven_way_back(bench: Bench) -> None:
    """What a rollback would choose is named, asked and recorded; afterwards no tag is left."""
    serving = bench.context.cloud.describe(SERVICE).sole_serving
    candidate = bench.sandbox.deploy(SERVICE, f"sandbox/{SERVICE}:1.1.0", takes_traffic=False)
    assert "never verified" in readiness(bench.context).unproven({SERVICE: candidate})[0]

    assert bench.gate(f"rollback verify {SERVICE}") is ExitCode.GO
    assert readiness(bench.context).unproven({SERVICE: candidate}) == ()
    proof = bench.context.ledger.drills("sandbox", DrillKind.WAY_BACK)[0]
    assert (proof.passed, proof.fingerprint.partition("@")[0]) == (True, serving)

    # Now a rollback would choose a revision that answers 503 to everybody: the old proof is about another.
    bench.sandbox.deploy(SERVICE, "py:sandbox.maintenance:create_app", takes_traffic=False)
    newest = bench.sandbox.deploy(SERVICE, f"sandbox/{SERVICE}:1.2.0", takes_traffic=False)
    assert "the newest proof is about" in readiness(bench.context).unproven({SERVICE: newest})[0]
    assert bench.gate(f"rollback verify {SERVICE}") is ExitCode.NO_GO
    (why,) = readiness(bench.context).unproven({SERVICE: newest})
    assert "/readyz answers 503" in why
    assert "the right password answers 503" in why

    state = bench.context.cloud.describe(SERVICE)
    assert state.sole_serving == serving
    assert not any(target.tag == "way-back" for target in state.traffic.targets)


def test_a_revision_that_starts_too_slowly_is_no_way_back(bench: Bench) -> None:
    """Twelve seconds are more than users may wait for the rollback's first answer, nine are not."""
    service = "behavioral-analysis"
    serving = bench.context.cloud.describe(service).sole_serving
    bench.sandbox.deploy(service, f"sandbox/{service}:1.1.0", takes_traffic=False)
    candidate = bench.sandbox.deploy(service, f"sandbox/{service}:1.2.0", takes_traffic=False)

    with bench.injected(extra_cold_start_s=9.0):
        assert bench.gate(f"rollback verify {service}") is ExitCode.GO
    with bench.injected(extra_cold_start_s=12.0):
        assert bench.gate(f"rollback verify {service}") is ExitCode.NO_GO
    (why,) = readiness(bench.context).unproven({service: candidate})
    assert "s are allowed" in why
    assert bench.context.cloud.describe(service).sole_serving == serving

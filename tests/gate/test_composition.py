"""What the real context puts together: the parts that no fake can show to be there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gates.adapters.producers.evidence_source import ProducerSource
from gates.adapters.producers.producer_run import PytestProducers
from gates.adapters.runs.run_folder import RunFolder
from gates.composition.environment import Context
from gates.model.decision import RollbackPlan
from gates.reporting.redaction import Redactor
from tests.support.builders import back
from tests.support.release_run import PLATFORM, Run, healthy

SECRET = "Tr0ub4dor-and-3"


@pytest.fixture
def run() -> Run:
    """A cloud of two services, in which auth-service has written what its older revision cannot read."""
    made = Run(healthy)
    service = made.cloud.services["auth-service"]
    newer, older = service.revisions
    service.revisions = (
        replace(newer, annotations=(("gate/schema", "7"),)),
        replace(older, annotations=(("gate/reads-schema", "5-6"),)),
    )
    return made


def test_the_gate_of_a_house_has_guards_and_hides_secrets(run: Run, tmp_path: Path) -> None:
    """A rollback that loses data is left out of its plans, and its producers' files hold no secret."""
    context = Context("sandbox")
    context.__dict__.update(
        platform=PLATFORM,
        environment=run.gate.environment,
        catalogue=run.gate.catalogue,
        ports=run.gate.ports,
        redactor=Redactor((SECRET,)),
        statements=SimpleNamespace(waivers=run.gate.waivers),
        authorities=SimpleNamespace(in_force=run.gate.standing),
        known_credentials=None,
    )
    folder = RunFolder.create(tmp_path, "r", Redactor())
    gate = context.gate(folder, announce=lambda _event: None, seconds=1)
    plan = RollbackPlan(waves=((back("auth-service"),),))
    assert gate.guarded(plan).actions == ()
    assert isinstance(gate.source, ProducerSource)
    assert isinstance(gate.source.producers, PytestProducers)
    assert SECRET not in gate.source.producers.redactor.text(f"with {SECRET}")

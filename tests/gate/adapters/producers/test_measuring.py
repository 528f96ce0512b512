"""What a producer measured with bounds becomes evidence only where both bounds say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.producers.producer_run import PytestProducers
from gates.model.criterion import Comparator
from gates.model.evidence import EvidenceStatus
from gates.model.target import Demand
from tests.support.builders import criterion
from tests.support.one_producer import PLUGINS, PRODUCER, TARGET

pytestmark = pytest.mark.processes

CODE = """import pytest
@pytest.mark.criterion("HLT-LIVE")
def test_seed(service, measure):
    measure({seen}, unit="ms", samples=9, at_best={at_best}, doubt="the machine was busy", note="cold: 4 s")
"""
DEMAND = Demand(
    criterion="HLT-LIVE", services=("auth-service",), comparator=Comparator.LT, threshold=2000.0, unit="ms"
)


@pytest.mark.parametrize(
    ("seen", "at_best", "judged_by", "reason"),
    [
        (1500.0, 40.0, 1500.0, "cold: 4 s"),
        (2500.0, 2200.0, 2200.0, "cold: 4 s"),
        (2500.0, 40.0, None, "the machine was busy"),
        (float("inf"), 0.0, None, "the machine was busy"),
    ],
    ids=["held as seen", "not held at best", "open", "nothing known"],
)
def test_a_figure_with_bounds_is_evidence_only_where_both_say_the_same(
    tmp_path: Path, seen: float, at_best: float, judged_by: float | None, reason: str
) -> None:
    """What lies between them is not run, and says why."""
    folder = tmp_path / "tests" / "validation"
    folder.mkdir(parents=True)
    values = {"seen": f"float('{seen}')", "at_best": at_best}
    (folder / "test_it.py").write_text(CODE.format(**values))
    (tmp_path / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    producers = PytestProducers(root=tmp_path, announce=lambda _: None)
    target = replace(TARGET, demands=(DEMAND,))
    found = producers.collect([criterion(producers=(PRODUCER,))], target, folder=tmp_path, seconds=60)

    item = found.items[0]
    assert item.status is (EvidenceStatus.NOT_RUN if judged_by is None else EvidenceStatus.OBSERVED)
    assert (item.measurement.value if item.measurement else None) == judged_by
    assert reason in item.reason

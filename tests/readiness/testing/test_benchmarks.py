"""TST-05: the benchmarks are no worse than those of the last release that went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from gates.model.history import PastCheck, PastRun
from gates.model.judgement import Outcome
from gates.model.target import Target
from gates.model.verdict import VerdictOutcome
from tests.readiness.records import about, images_of, not_on_record

FIGURE = "LOD-P95"


@pytest.mark.criterion("TST-05")
def test_no_regression(target: Target, history: tuple[PastRun, ...], measure: Callable[..., None]) -> None:
    """The 95th percentile under the same load profile, as a ratio to the last release that went."""
    now = next(_figures(about(history, target)), None)
    if now is None or now.measured is None:
        not_on_record(
            f"no {FIGURE} is on record about these images",
            command=f"gate run --env {target.environment} --stage immediate",
        )
    earlier = (
        run
        for run in history
        if run.outcome is VerdictOutcome.GO and frozenset(run.images) != images_of(target)
    )
    before = next((one for one in _figures(earlier) if _is_alike(one, now)), None)
    if before is None or before.measured is None:
        not_on_record(
            "the first release: no GO of another one with a load of the same size is on record",
            command=f"gate waive TST-05 --env {target.environment} --role technical-lead --run RUN"
            " --by NAME --reason TEXT --key FILE",
        )
    measure(
        now.measured.value / before.measured.value, unit="ratio", samples=now.samples, blames="api-gateway"
    )


def _figures(runs: Iterable[PastRun]) -> Iterator[PastCheck]:
    return (
        check
        for run in runs
        for check in run.checks
        if check.criterion == FIGURE
        and check.outcome in (Outcome.PASS, Outcome.FAIL)
        and check.measured is not None
        and check.measured.value > 0
    )


def _is_alike(one: PastCheck, other: PastCheck) -> bool:
    """Whether two runs sent about as much: latencies under different loads say nothing about each other."""
    return abs(one.samples - other.samples) <= 0.1 * max(one.samples, other.samples)

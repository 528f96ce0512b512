"""TST-05: the benchmarks are no worse than those of the last release that went."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from gates.model.history import PastCheck, PastRun
from gates.model.judgement import Outcome
from gates.model.target import Target
from gates.model.verdict import VerdictOutcome
from load.comparison import compare
from load.record import Record, read_record
from load.run import record_name
from load.summary import Figure
from tests.readiness.records import about, images_of, not_on_record

FIGURE = "LOD-P95"
PROFILE = "smoke"


@pytest.mark.criterion("TST-05")
def test_no_regression(target: Target, history: tuple[PastRun, ...], measure: Callable[..., None]) -> None:
    """Median and 95th percentile under the same load, as a ratio to the last release that went.

    The requests of both runs stand in their run folders. Without them a larger figure of one run may be
    noise: then the figures on record can only show that a release is not slower.
    """
    earlier = tuple(
        run
        for run in history
        if run.outcome is VerdictOutcome.GO and frozenset(run.images) != images_of(target)
    )
    if not earlier:
        _nothing_to_compare_with(target, "the first release: no other one has a GO on record")
    now = next(_figures(about(history, target)), None)
    if now is None:
        not_on_record(
            f"no {FIGURE} is on record about these images",
            command=f"gate run --env {target.environment} --stage immediate",
        )
    before = next((one for one in _figures(earlier) if _is_alike(one[1], now[1])), None)
    if before is None:
        _nothing_to_compare_with(
            target,
            "the first release with this load: no GO of another one of its size is on record",
        )
    ratio, doubt = _compared(now, before)
    command = f"gate run --env {target.environment} --stage immediate --only {FIGURE}"
    measure(
        ratio.seen,
        unit="ratio",
        samples=now[1].samples,
        blames="api-gateway",
        at_best=ratio.at_best,
        doubt=f"not to be told from run {before[0].run_id}: {doubt}; run: `{command}`",
        note=f"run {now[0].run_id} against run {before[0].run_id}",
    )


def _nothing_to_compare_with(target: Target, reason: str) -> NoReturn:
    """Say so, and that its owner may waive the comparison."""
    not_on_record(
        reason,
        command=f"gate waive TST-05 --env {target.environment} --role technical-lead --run RUN"
        " --by NAME --reason TEXT --key FILE",
    )


def _compared(now: tuple[PastRun, PastCheck], before: tuple[PastRun, PastCheck]) -> tuple[Figure, str]:
    records = [_record(run) for run, _ in (now, before)]
    if records[0] is None or records[1] is None:
        gone = (now if records[0] is None else before)[0].run_id
        return Figure(_value(now) / _value(before), 0.0), f"the requests of run {gone} are gone"
    return compare(records[0], records[1])


def _record(run: PastRun) -> Record | None:
    folder = Path(os.environ.get("GATE_REPORTS") or "reports")
    try:
        return read_record(folder / run.run_id / record_name(PROFILE))
    except (OSError, ValueError):
        return None


def _value(one: tuple[PastRun, PastCheck]) -> float:
    return one[1].measured.value if one[1].measured else 0.0


def _figures(runs: Iterable[PastRun]) -> Iterator[tuple[PastRun, PastCheck]]:
    return (
        (run, check)
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

"""What earlier runs of the gate say about exactly these images: the newest word on every check counts.

What nobody ran is not run, never failed: a verdict about a release must not blame it for a missing record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import pytest

from gates.model.criterion import PLATFORM
from gates.model.history import PastCheck, PastRun
from gates.model.judgement import Outcome
from gates.model.target import Target
from journeys.checks import demand


def images_of(target: Target) -> frozenset[tuple[str, str]]:
    """Return the pairs (service, image) that are under test."""
    return frozenset((service.name, service.digest) for service in target.services)


def about(runs: Sequence[PastRun], target: Target) -> tuple[PastRun, ...]:
    """Return the runs about exactly the images under test, newest first."""
    return tuple(run for run in runs if frozenset(run.images) == images_of(target))


def demand_held(runs: Sequence[PastRun], target: Target, *prefixes: str) -> tuple[PastCheck, ...]:
    """Demand that every criterion whose id starts so was judged about these images, and last came out PASS.

    A waived check is no pass here: an exception for one run says nothing about another.
    """
    newest: dict[tuple[str, str], PastCheck] = {}
    for run in about(runs, target):
        for check in run.checks:
            if check.criterion.startswith(prefixes):
                newest.setdefault((check.criterion, check.service), check)
    judged = {criterion for criterion, _ in newest}
    demanded = [one.criterion for one in target.demands if one.blocks and one.criterion.startswith(prefixes)]
    demand(demanded, f"the catalogue demands nothing of {', '.join(prefixes)}", blames=PLATFORM)
    missing = sorted(set(demanded) - judged)
    for check in newest.values():
        if check.outcome is Outcome.INCONCLUSIVE:
            missing.append(f"{check.criterion}@{check.service}")
            continue
        is_held = check.outcome is Outcome.PASS and not check.is_waived
        demand(is_held, f"{check.criterion} last came out {check.outcome}", blames=check.service)
    if missing:
        not_on_record(f"no conclusion about these images on record: {', '.join(missing)}")
    return tuple(newest.values())


def not_on_record(reason: str) -> NoReturn:
    """Say that a producer found no record to look at: its evidence is NOT_RUN."""
    pytest.skip(reason)

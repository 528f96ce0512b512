"""What earlier runs of the gate say about exactly these images: the newest word on every check counts."""

from __future__ import annotations

from collections.abc import Sequence

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
    missing = sorted(set(demanded) - judged)
    demand(demanded and not missing, f"never run about these images: {', '.join(missing)}", blames=PLATFORM)
    for check in newest.values():
        is_held = check.outcome is Outcome.PASS and not check.is_waived
        demand(is_held, f"{check.criterion} last came out {check.outcome}", blames=check.service)
    return tuple(newest.values())

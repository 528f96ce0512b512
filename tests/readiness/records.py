"""What earlier runs of the gate say about exactly these images: the newest word on every check counts.

What nobody ran is not run, never failed: a verdict about a release must not blame it for a missing record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import pytest

from gates.model.criterion import PLATFORM, Stage
from gates.model.history import PastCheck, PastRun
from gates.model.judgement import Outcome
from gates.model.target import Target
from journeys.checks import demand

_NAMED = 5
"""Criteria that a command names one by one; more of them are a whole stage."""


def images_of(target: Target) -> frozenset[tuple[str, str]]:
    """Return the pairs (service, image) that are under test."""
    return frozenset((service.name, service.digest) for service in target.services)


def about(runs: Sequence[PastRun], target: Target) -> tuple[PastRun, ...]:
    """Return the runs about exactly the images under test, newest first."""
    return tuple(run for run in runs if frozenset(run.images) == images_of(target))


def demand_held(
    runs: Sequence[PastRun], target: Target, *prefixes: str, place: str = ""
) -> tuple[PastCheck, ...]:
    """Demand that every criterion whose id starts so was judged about these images, and last came out PASS.

    A waived check is no pass here: an exception for one run says nothing about another. `place` is the
    environment that the runs are of, when it is another than the target's.
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
        if check.outcome in (
            Outcome.INCONCLUSIVE,
            Outcome.ERROR,
        ):  # what broke says nothing about the release
            missing.append(f"{check.criterion}@{check.service}")
            continue
        is_held = check.outcome is Outcome.PASS and not check.is_waived
        demand(is_held, f"{check.criterion} last came out {check.outcome}", blames=check.service)
    if missing:
        open_ids = dict.fromkeys(name.partition("@")[0] for name in missing)
        not_on_record(
            f"no conclusion about these images on record: {', '.join(missing)}",
            command=_judging(target, tuple(open_ids), place=place),
        )
    return tuple(newest.values())


def not_on_record(reason: str, *, command: str) -> NoReturn:
    """Say that a producer found no record to look at, and which command makes it: its evidence is NOT_RUN."""
    pytest.skip(f"{reason}; run: `{command}`")


def _judging(target: Target, criteria: Sequence[str], *, place: str) -> str:
    """Return the command that judges these criteria: at the first stage that demands all of them."""
    demanded = [set(target.demand(name).stages) for name in criteria]
    stage = next((one for one in Stage if all(one in stages for stages in demanded)), None)
    run = f"gate run --env {place or target.environment}"
    if stage is None:  # several stages judge them between them
        stages = dict.fromkeys(min(stages, key=list(Stage).index) for stages in demanded if stages)
        return " and ".join(f"{run} --stage {one}" for one in stages) or run
    only = criteria if len(criteria) <= _NAMED else ()
    return " ".join([f"{run} --stage {stage}", *(f"--only {name}" for name in only)])

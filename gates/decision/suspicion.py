"""Which service to suspect when the platform is not well: what failed, and what was deployed last.

Only a service that has an earlier revision can be rolled back, so only such a one is suspected. Among them
the order is:

1. what the failed checks blame, without a GO on record;
2. what was deployed without a GO on record, though no check blames it: a bystander often shows the fault;
3. what the failed checks blame, with a GO on record.

Within each the newest deployment comes first. Where nothing failed, nothing is suspected.
"""

from __future__ import annotations

from collections.abc import Sequence

from gates.model.diagnosis import Deployment, Suspect
from gates.model.judgement import Judgement


def newest_first(deployments: Sequence[Deployment]) -> tuple[Deployment, ...]:
    """Return the deployments, the newest first."""
    return tuple(sorted(deployments, key=lambda one: one.at, reverse=True))


def suspects(failed: Sequence[Judgement], deployments: Sequence[Deployment]) -> tuple[Suspect, ...]:
    """Return the suspected services, the most likely first; empty if nothing failed or can be rolled back."""
    if not failed:
        return ()
    found = [
        Suspect(deployment=one, blamed_by=_blaming(failed, one.service))
        for one in newest_first(deployments)
        if one.earlier
    ]
    groups = (
        [one for one in found if one.blamed_by and not one.deployment.has_go],
        [one for one in found if not one.deployment.has_go],
        [one for one in found if one.blamed_by],
    )
    return tuple(next(filter(None, groups), ()))


def _blaming(failed: Sequence[Judgement], service: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(j.criterion.id for j in failed if service in j.blames))

"""A few checks outside of any stage: looked at and judged, without verdict, action or record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gates.decision.candidates import find_release
from gates.evidence.binding import bind
from gates.judgement.judge import judge
from gates.model.criterion import Criterion
from gates.model.judgement import Judgement, Outcome, worst
from gates.workflows.pipeline import Gate
from gates.workflows.survey import changes_since


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCheck:
    """The judgements of a few checks outside of any stage; with a flaw some may be missing."""

    judgements: tuple[Judgement, ...]
    flaws: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst outcome; at best INCONCLUSIVE with a flaw or without any judgement."""
        outcomes = [judgement.outcome for judgement in self.judgements]
        doubt = [Outcome.INCONCLUSIVE] if self.flaws or not outcomes else []
        return worst([*outcomes, *doubt])


def spot(gate: Gate, criteria: Sequence[Criterion], *, label: str) -> SpotCheck:
    """Look at criteria of any stage, at what is deployed now, and judge each."""
    views = gate.views()
    services, place, traffic = gate.platform.services, gate.environment.name, gate.ports.traffic
    found = find_release(views, services, release_id=label, environment=place, wanted={})
    with gate.step("look", f"{len(criteria)} criteria"):
        bundle = gate.source.collect(criteria, found.release, views, lambda: changes_since(traffic, views))
    now = gate.ports.clock.now()
    bound = bind(bundle, catalogue=gate.catalogue, release=found.release, now=now)
    return SpotCheck(judgements=judge(criteria, bound, now=now), flaws=bound.flaws)


def about(criteria: Sequence[Criterion], services: Sequence[str]) -> list[Criterion]:
    """Return the criteria as far as they are about these services, in the order of these."""
    named = dict.fromkeys(services)
    narrowed = (replace(c, services=tuple(s for s in named if s in c.services)) for c in criteria)
    return [criterion for criterion in narrowed if criterion.services]

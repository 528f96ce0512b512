"""The port through which the gate looks at a release."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from gates.decision.candidates import ServiceView
from gates.model.criterion import Criterion, Stage
from gates.model.evidence import EvidenceBundle
from gates.model.release import Release


class EvidenceSource(Protocol):
    """Looks at a release."""

    def collect(
        self,
        criteria: Sequence[Criterion],
        release: Release,
        views: Sequence[ServiceView],
        changes: Callable[[], Sequence[str]],
    ) -> EvidenceBundle:
        """Return what was seen; what could not be looked at is missing or a flaw, never an exception.

        `changes` is called at the end: each change of the platform that it returns becomes a flaw.
        """


Carry = Callable[[EvidenceBundle, Release, Stage, datetime], EvidenceBundle]
"""Answers the checks that an environment does not allow from the record of the one that qualifies it."""

"""The gate's eyes: points the producers at a release and collects what they saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from gates.adapters.producers.known_credentials import KnownCredentials, let_in
from gates.adapters.producers.targeting import make_target
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.signing.statements import Statements
from gates.aside import aside
from gates.decision.candidates import ServiceView
from gates.evidence import pytest_results
from gates.model.criterion import Catalogue, Criterion
from gates.model.evidence import EvidenceBundle
from gates.model.platform import Environment, Platform
from gates.model.release import Release
from gates.model.target import Target


class Producers(Protocol):
    """Tests that look at a target."""

    def collect(
        self, criteria: Sequence[Criterion], target: Target, *, folder: Path, seconds: float
    ) -> EvidenceBundle:
        """Return what they saw; what went wrong is a flaw of the bundle, never an exception."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerSource:
    """Implements `gates.workflows.evidence_source` with pytest producers and signed statements.

    `folder` is the run's folder; `seconds` bounds all producers together.
    """

    platform: Platform
    catalogue: Catalogue
    environment: Environment
    producers: Producers
    folder: RunFolder
    seconds: float
    statements: Statements
    book: KnownCredentials

    def collect(
        self,
        criteria: Sequence[Criterion],
        release: Release,
        views: Sequence[ServiceView],
        changes: Callable[[], Sequence[str]],
    ) -> EvidenceBundle:
        """Run the producers that the criteria name; what is judged is what stands in the file."""
        target = make_target(self.catalogue, self.environment, release, views, self.platform)
        target = replace(target, accepted=self.book.accepted())
        bundle = self.producers.collect(criteria, target, folder=self.folder.path, seconds=self.seconds)
        with aside("remembering which identities were let in"):
            self.book.remember(let_in(self.folder.path / "producers.jsonl"))
        attested = self.statements.evidence(criteria, release)
        moved = EvidenceBundle(items=(), flaws=tuple(changes()))
        return self.folder.write_evidence(pytest_results.merge([bundle, attested, moved]))

"""What people signed about a release, as evidence and waivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gates.adapters.machine.clock import SystemClock
from gates.adapters.signing.allowed_signers import read_allowed_signers
from gates.adapters.signing.statement_folder import StatementFolder
from gates.evidence import attestation
from gates.model.clock import Clock
from gates.model.criterion import Catalogue, Criterion
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Waiver
from gates.model.platform import Platform
from gates.model.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The signed statements of a platform, read anew whenever they are asked for."""

    folder: StatementFolder
    platform: Platform
    catalogue: Catalogue
    clock: Clock

    def reading(self, release: Release, at: datetime) -> attestation.Reading:
        """Return what statements are read for."""
        return attestation.Reading(
            release=release,
            platform=self.platform.name,
            independent=self.platform.policy.release_independent,
            now=at,
        )

    def evidence(self, criteria: Sequence[Criterion], release: Release) -> EvidenceBundle:
        """Return the evidence that statements give for `criteria` now."""
        reading = self.reading(release, self.clock.now())
        return attestation.attested(self.folder.read(), criteria, self.catalogue, reading)

    def waivers(self, release: Release, at: datetime) -> tuple[Waiver, ...]:
        """Return the waivers that held for a release at a moment."""
        return attestation.waivers(self.folder.read(), self.catalogue, self.reading(release, at))


def statements_in(path: Path, signers: Path, platform: Platform, catalogue: Catalogue) -> Statements:
    """Return what stands in a folder, signed by whom the file `signers` allows.

    Raises:
        DocumentError: the file of signers cannot be read.
    """
    allowed = read_allowed_signers(signers)
    folder = StatementFolder(path=path, platform=platform.name, signers=allowed)
    return Statements(folder=folder, platform=platform, catalogue=catalogue, clock=SystemClock())

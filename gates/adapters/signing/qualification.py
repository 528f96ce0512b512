"""Finds the record of the environment that qualifies this one, and answers held-back checks from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.signing import record_store
from gates.adapters.signing.record_envelope import RecordFlawError, opened
from gates.adapters.signing.record_keys import read_keys
from gates.errors import ConfigurationError, DocumentError
from gates.evidence.verdict_record import Demanded, carry, objection_to, other_images
from gates.model.criterion import Catalogue, Stage
from gates.model.evidence import EvidenceBundle
from gates.model.platform import Environment, Platform
from gates.model.release import Release
from gates.model.verdict_record import FoundRecord


def configuration_digest(platform: Platform, environment: Environment) -> str:
    """Return the digest of the documents that describe a platform and one of its environments."""
    return codec.digest({"platform": platform.digest, "environment": environment.digest})


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """What the record of `qualifier` says to a run in another environment.

    `keys` is the file of the public keys that may sign, `records` the folder or URL in which records are
    kept, `named` the record that a person named. `folder` is the run's: it keeps the record that was used.
    """

    qualifier: Environment
    platform: Platform
    catalogue: Catalogue
    keys: Path
    records: str
    named: str = ""
    folder: RunFolder | None = None

    def carry(self, bundle: EvidenceBundle, release: Release, stage: Stage, at: datetime) -> EvidenceBundle:
        """Answer the checks of a bundle that the environment does not allow.

        Whatever is wrong with the record becomes a reason: a release that fails is still rolled back.
        """
        if not any(item.held_back for item in bundle.items):
            return bundle
        found = self._found(release, stage, at)
        return carry(bundle, found, environment=self.qualifier.name, catalogue=self.catalogue, now=at)

    def check(self, content: bytes, stage: Stage | None, at: datetime, *, source: str) -> FoundRecord:
        """Return what a file is worth, whatever images it is about; without `stage` any stage will do.

        Raises:
            DocumentError: the file of the allowed keys cannot be used.
        """
        demanded = Demanded(
            environment=self.qualifier.name,
            catalogue_digest=self.catalogue.digest,
            configuration_digest=configuration_digest(self.platform, self.qualifier),
        )
        try:
            record = opened(content, read_keys(self.keys), source=source)
        except RecordFlawError as error:
            return FoundRecord(record=None, objection=str(error))
        return FoundRecord(record=record, objection=objection_to(record, demanded, stage or record.stage, at))

    def _found(self, release: Release, stage: Stage, at: datetime) -> FoundRecord:
        name = self.qualifier.name
        place = self.named or record_store.place_of(self.records, name, stage, release)
        waits = f"waits for the record of {name} about the same images"
        try:
            content = self._content(place)
            if content is None:
                return FoundRecord(record=None, objection=f"{waits}: {place} is not there")
            found = self.check(content, stage, at, source=place)
        except (ConfigurationError, DocumentError) as error:
            return FoundRecord(record=None, objection=f"{waits}: {error.cause}")
        why = found.objection or (other_images(found.record, release) if found.record else "")
        return FoundRecord(record=found.record, objection=why and f"{waits}: {place} does not count, {why}")

    def _content(self, place: str) -> bytes | None:
        """Return the record; a run that is judged once more uses the one that its folder kept."""
        if self.folder is None:
            return record_store.read(place)
        content = self.folder.read_qualification()
        if content is None and (content := record_store.read(place)) is not None:
            self.folder.write_qualification(content)
        return content

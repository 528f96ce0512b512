"""Two environments of one platform: production relies on the signed record of what staging measured."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.signing.qualification import Qualification, configuration_digest
from gates.adapters.signing.record_envelope import sign
from gates.adapters.signing.record_keys import signer_of
from gates.evidence.verdict_record import record_of
from gates.model.criterion import Criterion, Priority, Severity
from gates.model.evidence import Evidence, EvidenceStatus
from gates.model.release import Release
from gates.model.verdict import Verdict
from gates.model.verdict_record import VerdictRecord
from gates.reporting.redaction import Redactor
from tests.support.builders import criterion, environment
from tests.support.release_run import PLATFORM, SERVICES, FakeSource, Run, Seen, healthy

LIVE = criterion(services=SERVICES)
LOAD = criterion(
    id="LOD-P95",
    services=SERVICES,
    severity=Severity.CRITICAL,
    priority=Priority.P1,
    max_age=timedelta(hours=4),
    producers=("tests/validation/immediate/test_load.py::test_p95",),
)
STAGING = environment(name="staging", digest="sha256:staging")
PRODUCTION = environment(name="production", digest="sha256:production", qualified_by="staging")
HELD_BACK = "impact noisy is not allowed in production"


class Source(FakeSource):
    """Looks in one environment, which does not allow the checks of some criteria."""

    def __init__(self, seen: Seen, place: str, held_back: Collection[str] = ()) -> None:
        super().__init__(seen)
        self.place, self.held_back = place, held_back

    def _one(self, demanded: Criterion, service: str, producer: str, release: Release) -> Evidence | None:
        item = super()._one(demanded, service, producer, release)
        if item is None or demanded.id not in self.held_back:
            return item and replace(item, environment=self.place)
        return replace(
            item,
            environment=self.place,
            status=EvidenceStatus.NOT_RUN,
            measurement=None,
            samples=0,
            reason=HELD_BACK,
            held_back=HELD_BACK,
        )


def key_pair(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a new key; return the files of its private and of its public half."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / name, folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" staging\n")
    return private, public


def verdict_in_staging(seen: Seen = healthy) -> Verdict:
    """Return the verdict of a whole look in staging."""
    run = Run(seen, demands=(LIVE, LOAD), place=STAGING)
    run.gate = replace(run.gate, source=Source(seen, "staging"))
    return run.go().verdict


def recorded(verdict: Verdict | None = None, **changes: Any) -> VerdictRecord:
    """Return staging's record of a verdict, GO when none is given."""
    record = record_of(
        verdict or verdict_in_staging(),
        run_id="run-s",
        configuration_digest=configuration_digest(PLATFORM, STAGING),
        gate_version="1",
    )
    return replace(record, **changes)


class Promotion:
    """A run in production, with a key that may sign staging's records; `folder` holds keys and files."""

    def __init__(self, folder: Path, *, seen: Seen = healthy) -> None:
        self.folder = folder
        self.private, self.public = key_pair(folder, "key")
        self.file = folder / "record.dsse.json"
        self.run = Run(seen, demands=(LIVE, LOAD), place=PRODUCTION)
        self.source = Source(seen, "production", held_back=(LOAD.id,))
        self.qualification = Qualification(
            qualifier=STAGING,
            platform=PLATFORM,
            catalogue=self.run.gate.catalogue,
            keys=self.public,
            records=str(folder / "records"),
            named=str(self.file),
            folder=RunFolder.create(folder, "run-p", Redactor()),
        )

    def sign(self, record: VerdictRecord) -> bytes:
        """Return the record as staging signs it, and put it where production looks."""
        content = sign(record, signer_of(str(self.private)))
        self.file.write_bytes(content)
        return content

    def verdict(self) -> Verdict:
        """Return the verdict of production."""
        gate = replace(self.run.gate, source=self.source, carry=self.qualification.carry)
        self.run.gate = gate
        return self.run.go().verdict

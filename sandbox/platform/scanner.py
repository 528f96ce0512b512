"""Scans every image when it first starts and writes the report as Trivy does, one file per image.

What can be wrong with the scans of one image is offered as disturbances.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sandbox import topology
from sandbox.platform.contract import RevisionSpec
from sandbox.platform.disturbances import Disturbances

_VICTIM = topology.cloud_run_name("auth-service")
_LOW = {"VulnerabilityID": "CVE-2099-0001", "Severity": "LOW"}
_CRITICAL = {"VulnerabilityID": "CVE-2099-9999", "Severity": "CRITICAL"}
_OLD = timedelta(days=30)


class Scanner:
    """The reports of one sandbox."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, RevisionSpec] = {}
        self._wrong: set[str] = set()

    def scan(self, spec: RevisionSpec) -> None:
        """Write the report of a revision's image, unless there is one."""
        if spec.digest not in self._seen:
            self._seen[spec.digest] = spec
            self._write(spec)

    def offer(self, board: Disturbances) -> None:
        """Offer a critical finding, a scan that is too old, and one of another image: of auth-service."""
        summaries = {
            "scan-critical": "The scan of auth-service's image found a critical vulnerability",
            "scan-old": "The image of auth-service was scanned a month ago",
            "scan-of-another-image": "The scan of auth-service is of an image that is not deployed",
        }
        for name, summary in summaries.items():
            board.offer(name, summary, ("SEC-01",), partial(self._switch, name))

    def _switch(self, name: str, is_wrong: bool) -> None:  # noqa: FBT001 - the one question of a switch
        (self._wrong.add if is_wrong else self._wrong.discard)(name)
        for spec in self._seen.values():
            if spec.service == _VICTIM:
                self._write(spec)

    def _write(self, spec: RevisionSpec) -> None:
        wrong = self._wrong if spec.service == _VICTIM else set()
        at = datetime.now(UTC) - (_OLD if "scan-old" in wrong else timedelta())
        digest = "sha256:" + "0" * 64 if "scan-of-another-image" in wrong else spec.digest
        found = [_LOW, _CRITICAL] if "scan-critical" in wrong else [_LOW]
        report = {
            "SchemaVersion": 2,
            "CreatedAt": at.isoformat(),
            "ArtifactName": spec.image,
            "Metadata": {"RepoDigests": [f"{spec.service}@{digest}"]},
            "Results": [{"Target": spec.image, "Class": "os-pkgs", "Vulnerabilities": found}],
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{spec.service}-{spec.digest.removeprefix('sha256:')[:12]}.json"
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(report, indent=1), encoding="utf-8")
        draft.replace(file)

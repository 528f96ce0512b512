"""`contract-baseline.yaml`: findings of the contract runs that an owner accepts until a day."""

from __future__ import annotations

from pathlib import Path

from gates.adapters.documents.document_files import document_at
from gates.adapters.documents.document_parts import document, written
from gates.adapters.documents.document_reading import load
from gates.model.contract import AcceptedFinding
from gates.model.platform import Platform

FILE = "contract-baseline.yaml"


BASELINE = document("ContractBaseline", {"accepted": (written(tuple[AcceptedFinding, ...]), None)})


def load_baseline(folder: Path, platform: Platform) -> tuple[AcceptedFinding, ...]:
    """Return what `folder`/contract-baseline.yaml accepts; without that file nothing is accepted.

    Raises:
        DocumentError: the document is wrong; every problem is named.
    """
    path = document_at(folder, FILE.removesuffix(".yaml"))
    if not path.exists():
        return ()
    words = {"service": platform.service_names, "role": platform.roles}
    accepted: tuple[AcceptedFinding, ...] = load(path, BASELINE, words).get("accepted", ())
    return accepted

"""`contract-baseline.yaml`: findings of the contract runs that somebody answers for until a day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime

from gates.adapters.documents.document_files import document_at
from gates.adapters.documents.document_problems import refuse
from gates.adapters.documents.document_types import (
    Envelope,
    Role,
    Service,
    Strict,
    Text,
    shaped,
    validate,
)
from gates.adapters.documents.yaml_source import read_document
from gates.model.contract import AcceptedFinding
from gates.model.platform import Platform

FILE = "contract-baseline.yaml"


class AcceptedPart(Strict):
    """One accepted finding."""

    service: Service
    operation: Annotated[str, shaped(r"^[A-Z]+ /\S*$", "GET /v1/orders")]
    check: Annotated[str, shaped(r"^[a-z]+(_[a-z]+)*$", "status_code_conformance")]
    owner: Role
    reason: Text
    expires_at: AwareDatetime


class BaselinePart(Strict):
    """The `spec` of the baseline."""

    accepted: tuple[AcceptedPart, ...] = ()


class BaselineDocument(Envelope):
    """contract-baseline.yaml."""

    kind: Literal["ContractBaseline"]
    spec: BaselinePart


def load_baseline(folder: Path, platform: Platform) -> tuple[AcceptedFinding, ...]:
    """Return what `folder`/contract-baseline.yaml accepts; without that file nothing is accepted.

    Raises:
        DocumentError: the document is wrong; every problem is named.
    """
    path = document_at(folder, FILE.removesuffix(".yaml"))
    if not path.exists():
        return ()
    source = read_document(path)
    words = {"service": platform.service_names, "role": platform.roles}
    document, problems = validate(source, BaselineDocument, words)
    refuse(problems)
    accepted = () if document is None else document.spec.accepted
    return tuple(AcceptedFinding(**part.model_dump()) for part in accepted)

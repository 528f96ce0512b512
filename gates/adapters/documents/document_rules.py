"""What the fields of documents must be, beyond their types in the model: known words, forms, bounds.

`RULES` says it of each dataclass by the name of its field, `REQUIRED` what a document must say although the
model has a default for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from gates.adapters.documents.document_types import (
    AnyText,
    Filled,
    Role,
    Service,
    Strict,
    Text,
    TierName,
    UrlPath,
    Word,
    known,
    shaped,
)
from gates.model.bench import Arm, Proof
from gates.model.contract import AcceptedFinding
from gates.model.criterion import Criterion, FailureAction, Source
from gates.model.documentation import Channel, Contact, DocumentOwnership, Link
from gates.model.platform import (
    Alert,
    Environment,
    EscalationStep,
    InfrastructureLimits,
    MaintenanceWindow,
    MatrixRow,
    Platform,
    Policy,
    ScalingPolicy,
    ServiceSpec,
    Tier,
)
from gates.model.rollback_policy import ProofPolicy, RollbackPolicy, RollbackStrategy, WatchPolicy
from gates.model.runbook import RunbookStep
from gates.model.service_contract import CircuitBreakers, HealthPaths, ProbeRecord, SignIn, TokenFallback
from gates.model.timeline import Checkpoint

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_SECRET = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^#]+#[^#]+|secret:projects/[^/]+/secrets/[^/]+/versions/[1-9][0-9]*"
)


def _secret_reference(text: str) -> str:
    if _SECRET.fullmatch(text) is None:
        raise PydanticCustomError(
            "reference",
            "a secret is named as env:NAME, file:PATH#KEY or secret:projects/P/secrets/S/versions/N",
        )
    return text


class _Secret(Strict):
    """Where a secret is; never the secret."""

    secret_ref: Annotated[str, AfterValidator(_secret_reference)]


def _word_or_list(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "word"


def _guide_source(text: str) -> Source:
    anchor, _, item = text.partition("/")
    return Source(anchor=anchor, item=item)


SecretReference = Annotated[_Secret, AfterValidator(lambda secret: secret.secret_ref)]
Share = Annotated[float, Field(gt=0, le=1)]
Host = Annotated[str, shaped(r"^[a-z0-9.-]+$", "api.example.com")]
Resolver = Annotated[str, shaped(r"^[0-9a-fA-F.:]+:[0-9]{1,5}$", "8.8.8.8:53")]
"""Address and port of a name server."""
Services = Annotated[
    Annotated[Literal["all", "platform"], Tag("word")] | Annotated[tuple[Service, ...], Filled, Tag("list")],
    Discriminator(_word_or_list),
]
Identifier = Annotated[str, shaped(r"^[A-Z][A-Z0-9]{1,3}-[A-Z0-9]+(-[A-Z0-9]+)*$", "ORD-OPEN")]
_NodeId = Annotated[
    str,
    shaped(
        r"^tests/[a-z0-9_/]+/test_[a-z0-9_]+\.py::test_[a-z0-9_]+$",
        "tests/validation/immediate/test_load.py::test_p95",
    ),
]
_LimitName = Annotated[str, shaped(r"^[a-z][A-Za-z0-9]*$", "longestLifeSeconds")]
_OwnTest = Annotated[
    str, shaped(r"^tests/[\w/]+\.py::test_\w+$", "tests/gate/workflows/test_pipeline.py::test_a_run")
]
_ArmName = Annotated[str, shaped(r"^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$", "M14-slow")]
_Known = Annotated[str, known("criterion")]

RULES: Mapping[type, Mapping[str, Any]] = {
    # platform.yaml
    Platform: {"roles": tuple[Word, ...], "load_entrance": Service | None},
    ServiceSpec: {"name": Word, "tier": TierName, "depends_on": tuple[Service, ...]},
    Tier: {"name": Word},
    DocumentOwnership: {"owner": Role},
    Contact: {"group": Literal["on-call", "escalation", "external"]},
    Channel: {"name": Word},
    Link: {"name": Word, "url": Annotated[str, shaped(r"^https://\S+$", "https://status.example.com/")]},
    HealthPaths: dict.fromkeys(("live", "ready", "version"), UrlPath),
    SignIn: {
        "service": Service,
        "operator": Word,
        "witnesses": tuple[Word, Word],
        **dict.fromkeys(("password", "one_time_code", "sign_out", "who_am_i"), UrlPath),
    },
    TokenFallback: {"service": Service, "path": UrlPath, "check": UrlPath},
    CircuitBreakers: {"path": UrlPath},
    ProbeRecord: {
        "service": Service,
        "path": UrlPath,
        "document": dict[str, AnyText | tuple[AnyText, ...] | bool | int],
    },
    # policy.yaml
    Policy: {
        "failure_actions": dict[Annotated[str, known("category")], FailureAction],
        "approvals": Annotated[tuple[Role, ...], Filled],
        "scale_to": Annotated[int, Field(ge=1, le=1000)],
    },
    InfrastructureLimits: {
        **dict.fromkeys(("cpu", "memory", "disk"), Share),
        "network_ms": Annotated[float, Field(gt=0)],
    },
    ScalingPolicy: {
        "crowded_from": Share,
        "headroom": Annotated[float, Field(ge=1, le=10)],
        "warm_tiers": tuple[TierName, ...],
    },
    MatrixRow: {"authority": Role},
    EscalationStep: {"role": Role},
    Alert: {"name": Word},
    RollbackStrategy: {"parallel": Annotated[int, Field(ge=1, le=50)]},
    MaintenanceWindow: {
        "weekday": Annotated[Literal[_DAYS], AfterValidator(_DAYS.index), Field(alias="day")],
        "hour": Annotated[int, Field(ge=0, le=23)],
    },
    # environments/*.yaml
    Environment: {
        "service_name": Annotated[str, shaped(r"^[^{}]*\{service\}[^{}]*$", "shop-{service}-production")],
        "public_hosts": dict[Service, Host],
        "standing": Annotated[Text | None, Field(alias="standingAuthority")],
        "identities": dict[str, SecretReference],
        "notifications": dict[str, SecretReference],
        "expected_load": Annotated[float, Field(ge=1, le=100_000)],
        **dict.fromkeys(("rehearsal", "qualified_by"), Word | None),
    },
    # criteria/*.yaml
    Criterion: {
        "id": Identifier,
        "services": Services,
        "owner": Role,
        "source": Annotated[
            str,
            shaped(r"^[a-z0-9-]+/[a-z0-9-]+$", "extended-validation/load-test"),
            AfterValidator(_guide_source),
        ],
        "minimum_samples": Annotated[int, Field(ge=1)],
        "counts": Annotated[str, shaped(r"^[a-z][a-z -]{0,30}$", "request")],
        "producers": tuple[_NodeId, ...],
        "attested_by": Role | None,
        "depends_on": tuple[Identifier, ...],
        "summarises": tuple[Identifier, ...],
        "limits": dict[_LimitName, float],
        "load_profiles": tuple[Word, ...],
    },
    # timeline.yaml, runbooks/*.yaml
    Checkpoint: {
        "name": Word,
        "approves": Word | None,
        "enables_traffic": Annotated[bool, Field(alias="traffic")],
    },
    RunbookStep: {
        "id": Word,
        "command": Annotated[tuple[Text, ...], Field(alias="run")],
        "question": Annotated[Text, Field(alias="ask")],
        "role": Role,
        "is_guarded": Annotated[bool, Field(alias="disruptive")],
    },
    # bench.yaml, contract-baseline.yaml
    Arm: {
        "id": _ArmName,
        "service": Annotated[str, known("subject")],
        "image": AnyText,
        "criteria": tuple[_Known, ...],
        "percent": Annotated[int, Field(ge=0, le=100)],
        "tag": AnyText,
        "repeat": Annotated[int, Field(ge=1, le=1000)],
        "after_s": Annotated[float, Field(ge=0)],
        "settle_s": Annotated[float, Field(ge=0, le=600)],
        "variables": dict[AnyText, AnyText],
    },
    Proof: {"id": _ArmName, "test": _OwnTest, "criteria": tuple[_Known, ...]},
    AcceptedFinding: {
        "service": Service,
        "operation": Annotated[str, shaped(r"^[A-Z]+ /\S*$", "GET /v1/orders")],
        "check": Annotated[str, shaped(r"^[a-z]+(_[a-z]+)*$", "status_code_conformance")],
        "owner": Role,
    },
}

REQUIRED: Mapping[type, tuple[str, ...]] = {
    Platform: ("document_ownership",),
    Policy: (
        *("severity_priorities", "failure_actions", "escalation", "alerts"),
        *("approvals", "rollback", "maintenance_window"),
    ),
    RollbackPolicy: ("emergency", "planned", "proof", "watch"),
    RollbackStrategy: ("order", "after_failure", "parallel"),
    ProofPolicy: ("max_age", "longest_start"),
    WatchPolicy: ("after_go", "after_deployment"),
    MaintenanceWindow: ("weekday", "hour"),
}

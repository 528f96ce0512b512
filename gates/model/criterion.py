"""What is demanded of a release."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gates.errors import ConfigurationError

PLATFORM = "platform"
"""The subject of a criterion that is about the whole platform, not one service."""

FAILED_CHECKS = "failed checks"
"""Unit of a measurement that counts failed checks: 0 is a pass. What a plain test measures."""


class Severity(StrEnum):
    """How much a criterion weighs; Allure's five words."""

    BLOCKER = "blocker"
    CRITICAL = "critical"
    NORMAL = "normal"
    MINOR = "minor"
    TRIVIAL = "trivial"

    @property
    def blocks(self) -> bool:
        """Whether a release cannot go while such a criterion is not passed."""
        return self in (Severity.BLOCKER, Severity.CRITICAL)


class Stage(StrEnum):
    """When a criterion is demanded; the guide's words."""

    READINESS = "readiness"
    PRE_GOLIVE = "pre-golive"
    IMMEDIATE = "immediate"
    EXTENDED = "extended"
    LONG_TERM = "long-term"
    POST_ROLLBACK = "post-rollback"

    @property
    def is_in_service(self) -> bool:
        """Whether it looks at what serves: a GO of the others is about what may not have any traffic yet."""
        return self not in (Stage.READINESS, Stage.PRE_GOLIVE)


class Comparator(StrEnum):
    """How a measured value is compared with the threshold."""

    EQ = "eq"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    WITHIN = "within"
    """The absolute relative deviation from the baseline is at most the threshold."""


class FailureAction(StrEnum):
    """What the guide's validation table wants done when a criterion fails."""

    ROLLBACK = "rollback"
    INVESTIGATE = "investigate"
    SCALE = "scale"
    HOLD = "hold"


class Priority(StrEnum):
    """Issue severity of the guide's decision matrix, worst first."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Use(StrEnum):
    """What a criterion is used for beside the verdict; each by one criterion of the catalogue at most."""

    ERROR_LEVEL = "error-level"
    """`gate sla` holds the share of failed requests against its threshold."""
    LATENCY_LEVEL = "latency-level"
    """`gate sla` holds the 95th percentile of response time against its threshold."""
    SIGN_IN = "sign-in"
    """Its evidence shows that the test identities' secrets are right; the bench asks for it first."""
    CONTACTS = "contacts"
    """`gate criteria lint` names it for a contact that cannot be reached."""
    REVIEW = "document-review"
    """`gate criteria lint` names it for documents whose review is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """The two outer bands of a service level indicator.

    Same unit and direction as the criterion's threshold: beyond the threshold the criterion fails,
    beyond `alert` the failure is P1, beyond `critical` it is P0.
    """

    alert: float
    critical: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in the guide a demand comes from."""

    anchor: str
    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One demand with a threshold.

    `producers` are pytest node ids without parameters (`path.py::test_name`); each of them must deliver
    evidence for each of `services`. `attested_by` is the role that attests it instead or in addition.
    `priority` is the priority of its failure when no band says otherwise.
    """

    id: str
    statement: str
    category: str
    severity: Severity
    stages: tuple[Stage, ...]
    services: tuple[str, ...]
    owner: str
    failure_action: FailureAction
    priority: Priority
    rationale: str
    source: Source
    comparator: Comparator = Comparator.EQ
    threshold: float = 0.0
    unit: str = FAILED_CHECKS
    bands: Bands | None = None
    minimum_samples: int = 1
    counts: str = ""
    """What one sample is, where it is neither a check nor a single measurement: `request`."""
    max_age: timedelta
    producers: tuple[str, ...] = ()
    attested_by: str | None = None
    depends_on: tuple[str, ...] = field(default=())
    """Criteria whose failure explains this one's: reported first, this one as implied."""
    summarises: tuple[str, ...] = ()
    """Criteria whose judgements of the same run this one sums up: it is as good as the worst of them."""
    limits: tuple[tuple[str, float], ...] = ()
    """Further numbers that its producers hold what they see against, by name; the unit is in the name."""
    used_for: tuple[Use, ...] = ()
    load_profiles: tuple[str, ...] = ()
    """Profiles of load that its producers send: `gate load PROFILE` measures it."""
    document: str = ""
    """Where it is demanded: its document, below the project's root; empty if it is not known."""
    line: int = 0
    """Its line in the document, from one."""

    @property
    def sample(self) -> str:
        """What one sample is: a request, a check, a measurement."""
        return self.counts or ("check" if self.unit == FAILED_CHECKS else "measurement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All criteria of a platform, with the digest of the documents that they were read from."""

    criteria: tuple[Criterion, ...]
    digest: str

    def at(self, stage: Stage) -> tuple[Criterion, ...]:
        """Return the criteria that `stage` demands, in catalogue order."""
        return tuple(criterion for criterion in self.criteria if stage in criterion.stages)

    def within(self, category: str) -> tuple[Criterion, ...]:
        """Return the criteria of a category, in catalogue order."""
        return tuple(criterion for criterion in self.criteria if criterion.category == category)

    def find(self, criterion_id: str) -> Criterion | None:
        """Return the criterion with that id, or None."""
        return next((criterion for criterion in self.criteria if criterion.id == criterion_id), None)

    def used_for(self, use: Use) -> Criterion | None:
        """Return the criterion that is used for that, or None."""
        return next((criterion for criterion in self.criteria if use in criterion.used_for), None)

    def needed_for(self, use: Use) -> Criterion:
        """Return the criterion that is used for that.

        Raises:
            ConfigurationError: there is none.
        """
        found = self.used_for(use)
        if found is None:
            raise ConfigurationError(
                f"no criterion has usedFor: [{use}]", next_step="add it to the criterion in criteria/*.yaml"
            )
        return found

"""The gate's own benchmark: arms with a known truth, and how the gate did on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gates.model.criterion import Stage
from gates.model.verdict import VerdictOutcome


class ArmKind(StrEnum):
    """What is true of an arm, and so what the gate must say."""

    KNOWN_BAD = "known-bad"
    """A release that is wrong: NO_GO, for the reason and about the service that the arm names."""
    MASKED = "masked"
    """The same with a fault that few requests show: on a canary, behind a tag, for one tenant."""
    BENIGN = "benign"
    """A release that changed and is right: nothing may fail."""
    GOOD = "good"
    """The release as it is: nothing may fail."""
    SABOTAGE = "sabotage"
    """The gate itself cannot look: never GO, and nothing may be said about the platform."""

    @property
    def is_bad(self) -> bool:
        """Whether the release under test is wrong."""
        return self in (ArmKind.KNOWN_BAD, ArmKind.MASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One release with a known truth.

    `image` is deployed as a new revision of `service`, with `percent` of the traffic and `tag`; without an
    image the release stays as it is. `apply` and `restore` are command lines around the run; `apply` runs
    `after_s` seconds into it when that is positive. The release serves for `settle_s` seconds before the
    gate looks, as what is judged over a window needs. `variables` are set in the environment of the run.
    `criteria` are those that must fail, each about `service`. Without a `stage` it is the first stage of the
    first criterion.
    """

    id: str
    kind: ArmKind
    summary: str
    service: str = ""
    image: str = ""
    criteria: tuple[str, ...] = ()
    stage: Stage | None = None
    percent: int = 100
    tag: str = ""
    repeat: int = 1
    apply: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    after_s: float = 0.0
    settle_s: float = 0.0
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A known-bad state that no release shows, such as a drill that failed: a test of ours shows it red.

    `criteria` are those that fail; without any it is an action that is refused. `test` is a pytest node id.
    """

    id: str
    summary: str
    test: str
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """The answer of the gate to one run of an arm.

    `failed` lists every failed criterion as `ID@service`; `unclear` those that neither passed nor failed.
    `detection_s` and `requests` are the seconds and requests until the first of the named criteria failed;
    None if none did. `outcome` is None when the run ended with an error: see `error`.
    """

    arm: str
    kind: ArmKind
    service: str
    number: int
    outcome: VerdictOutcome | None
    seconds: float
    failed: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    """Named criteria that did not fail at all."""
    astray: tuple[str, ...] = ()
    """Named criteria that failed, and blame another service."""
    besides: tuple[str, ...] = ()
    """Of a bad release, what failed as `ID@service` without being named or implied by what was."""
    is_detected: bool = False
    """Whether the release was stopped, or warned of where the named criteria cannot stop one."""
    detection_s: float | None = None
    requests: int | None = None
    error: str = ""

    @property
    def has_right_criterion(self) -> bool:
        """Whether every criterion that must fail did."""
        return self.is_detected and not self.missed

    @property
    def has_right_service(self) -> bool:
        """Whether every criterion that must fail did so about the service that is wrong."""
        return self.has_right_criterion and not self.astray

    @property
    def is_false_alarm(self) -> bool:
        """Whether a good release was called bad, or a release was GO although the gate could not look."""
        if self.kind.is_bad:
            return False
        is_blind_go = self.kind is ArmKind.SABOTAGE and self.outcome is VerdictOutcome.GO
        return bool(self.failed) or is_blind_go

    @property
    def is_as_expected(self) -> bool:
        """Whether the gate said what is true of the arm."""
        if self.kind.is_bad:
            return self.has_right_service
        if self.kind is ArmKind.SABOTAGE:
            return not self.is_false_alarm
        return not self.is_false_alarm and self.outcome is not None and not self.unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of runs with its interval of 95 % confidence."""

    hits: int
    runs: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """All runs of a benchmark and the rates over them; a rate over no run is None."""

    results: tuple[ArmResult, ...]
    rates: tuple[tuple[str, Rate | None], ...] = field(default=())

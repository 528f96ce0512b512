"""How rollbacks are carried out, and when only by exception."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Order(StrEnum):
    """What a wave waits for.

    `accepted`: the cloud has accepted every write of the wave before; its operations end, and its services
    are asked for proof, while the next wave is written. `proven`: the services of the wave before have
    answered with their target.
    """

    ACCEPTED = "accepted"
    PROVEN = "proven"


class AfterFailure(StrEnum):
    """What happens to later waves when an action of a wave failed."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackStrategy:
    """How a plan is carried out: what a wave waits for, what a failure means for it, how many at a time."""

    order: Order = Order.PROVEN
    after_failure: AfterFailure = AfterFailure.STOP
    parallel: int = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing is changed by plan; from `starts`, up to and without `ends`.

    Raises:
        ValueError: it does not end after it starts.
    """

    starts: datetime
    ends: datetime
    reason: str

    def __post_init__(self) -> None:
        if self.ends <= self.starts:
            raise ValueError("a freeze ends after it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofPolicy:
    """How long a rollback verification counts, and how long its revision may take to answer first."""

    max_age: timedelta = timedelta(hours=24)
    longest_start: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPolicy:
    """How long a release is suspected first: after its GO, and after its deployment.

    The guide looks at a release until T+24 h, and deploys it from T-7 d on.
    """

    after_go: timedelta = timedelta(hours=24)
    after_deployment: timedelta = timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPolicy:
    """Emergency rollbacks get out fast; planned ones go step by step, and never in a freeze."""

    emergency: RollbackStrategy = RollbackStrategy(order=Order.ACCEPTED, after_failure=AfterFailure.CONTINUE)
    planned: RollbackStrategy = RollbackStrategy()
    freezes: tuple[Freeze, ...] = ()
    proof: ProofPolicy = ProofPolicy()
    watch: WatchPolicy = WatchPolicy()
    post_test: tuple[str, ...] = ()
    """What of the stage post-rollback can be seen behind the maintenance page: the public hosts show it."""

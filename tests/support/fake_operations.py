"""In-memory services, configurations, databases and a ledger that implement the ports of the operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gates.errors import (
    ActionError,
    ConfigurationError,
    NotFoundError,
    NotSignedInError,
    OperationFailedError,
    UnavailableError,
)
from gates.model.configuration import Scaling, ServiceSettings
from gates.model.database import Backup, Database
from gates.model.health import Circuit, Fallback, ServiceHealth
from gates.model.operation import OperationReceipt
from gates.operations.performing import Performer
from tests.support.fake_clock import EPOCH, FakeClock
from tests.support.fake_cloud import FakeLedger


class FakeOperationsLedger(FakeLedger):
    """A ledger of operations; `written` is in the order of writing."""

    @property
    def written(self) -> list[OperationReceipt]:
        """The receipts themselves: a test that takes one away makes a gate that died."""
        return self.recorded


@dataclass
class FakeConfiguration:
    """Services by name; `refuses` makes every write fail."""

    services: dict[str, ServiceSettings]
    writes: list[str] = field(default_factory=list)
    refuses: bool = False

    def settings(self, service: str) -> ServiceSettings:
        """Return a service; raise NotFoundError for an unknown one."""
        if service not in self.services:
            raise NotFoundError(f"{service} is not there")
        return self.services[service]

    def document(self, service: str) -> Mapping[str, object]:
        """Return what a snapshot would hold."""
        found = self.settings(service)
        return {"template": {"image": f"image of {service}"}, "scaling": {"minimum": found.scaling.minimum}}

    def set_scaling(self, service: str, scaling: Scaling, *, over: Scaling) -> None:
        """Set the bounds."""
        if self.services[service].scaling != over:
            raise ActionError("another actor scaled it")
        if self.refuses:
            raise OperationFailedError("the cloud did not do it")
        self.writes.append(f"{service}: scaling {scaling.minimum}")
        self.services[service] = replace(self.services[service], scaling=scaling)


@dataclass
class FakeServices:
    """The platform's operator endpoints.

    `serves_revoked` and `asks_anyway` are gateways whose fallback is wrong: the first forgets revocations,
    the second does not use its cache.
    """

    breakers: dict[str, list[Circuit]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    mode: str = "auto"
    used: int = 0
    revoked: set[str] = field(default_factory=set)
    tokens: int = 0
    serves_revoked: bool = False
    asks_anyway: bool = False
    is_stuck: bool = False
    missing: str = ""
    locked_out: str = ""
    has_session: bool = True

    def health(self, service: str) -> ServiceHealth:
        """Return a healthy answer, or silence."""
        self._check_credentials()
        is_up = service not in self.silent
        return ServiceHealth(
            service=service,
            is_alive=is_up,
            is_ready=is_up,
            revision=f"{service}-1" if is_up else "",
            version="1.0.0" if is_up else "",
            circuits=() if self.locked_out else tuple(self.breakers.get(service, ())),
            trouble="" if is_up else f"{service} does not answer",
            unasked=self.locked_out,
        )

    def _check_credentials(self) -> None:
        if self.missing:
            raise ConfigurationError(self.missing)

    def end_session(self) -> bool:
        """End the session, unless the platform is out of order."""
        if self.locked_out:
            raise UnavailableError(self.locked_out)
        had, self.has_session = self.has_session, False
        return had

    def is_ready(self, service: str) -> bool:
        """Whether it answers."""
        return service not in self.silent

    def circuits(self, service: str) -> tuple[Circuit, ...]:
        """Return the breakers; raise UnavailableError for a silent service."""
        if self.locked_out:
            raise NotSignedInError(self.locked_out)
        if service in self.silent:
            raise UnavailableError(f"{service} does not answer")
        return tuple(self.breakers.get(service, ()))

    def reset_circuit(self, service: str, name: str) -> Circuit:
        """Close one, unless it is stuck."""
        found = self.breakers[service]
        index = next(i for i, one in enumerate(found) if one.name == name)
        if not self.is_stuck:
            found[index] = replace(found[index], state="closed")
        return found[index]

    def fallback(self) -> Fallback:
        """Return the fallback's state."""
        return Fallback(mode=self.mode, max_age_s=300.0, used=self.used, refused=0)

    def switch_fallback(self, mode: str) -> Fallback:
        """Switch it."""
        self.mode = mode
        return self.fallback()

    def token(self, identity: str) -> str:
        """Return a new token."""
        self.tokens += 1
        return f"{identity}-{self.tokens}"

    def sign_out(self, token: str) -> None:
        """Revoke a token."""
        self.revoked.add(token)

    def status_with(self, token: str) -> int:
        """Answer 401 to a revoked token, 200 to another; count what came from the cache."""
        if token in self.revoked and not (self.serves_revoked and self.mode == "on"):
            return 401
        self.used += self.mode == "on" and not self.asks_anyway
        return 200


def circuit(name: str, state: str = "closed") -> Circuit:
    """Return a breaker of service a."""
    return Circuit(service="a", name=name, state=state, failures=0 if state == "closed" else 5, opened=0)


def settings(service: str, *, minimum: int = 1) -> ServiceSettings:
    """Return a service and its bounds."""
    return ServiceSettings(
        service=service,
        latest_ready=f"{service}-1",
        scaling=Scaling(minimum=minimum, maximum=0),
        revision_maximum=4,
        concurrency=80,
    )


def performer(ledger: FakeOperationsLedger, clock: FakeClock | None = None) -> Performer:
    """Return a performer over fakes."""
    return Performer(ledger, clock or FakeClock(), environment="sandbox", by="somebody")


@dataclass
class FakeDatabase:
    """One instance with backups; `refuses` makes every write fail."""

    found: Database
    stored: tuple[Backup, ...] = ()
    done: list[str] = field(default_factory=list)
    refuses: bool = False

    def state(self) -> Database:
        """Return the instance."""
        return self.found

    def set_window(self, day: int, hour: int) -> None:
        """Move the window."""
        self._do(f"window {day} {hour}")
        self.found = replace(self.found, window_day=day, window_hour=hour)

    def restart(self) -> None:
        """Restart."""
        self._do("restart")

    def backups(self) -> tuple[Backup, ...]:
        """Return the backups."""
        return self.stored

    def back_up(self) -> Backup:
        """Take one."""
        self._do("backup")
        taken = replace(backup("new", age_s=0), kind="ON_DEMAND")
        self.stored = (taken, *self.stored)
        return taken

    def restore(self, backup: str) -> None:
        """Bring one back."""
        self._do(f"restore {backup}")

    def _do(self, what: str) -> None:
        if self.refuses:
            raise OperationFailedError("the cloud did not do it")
        self.done.append(what)


def database(*stored: Backup) -> FakeDatabase:
    """Return a database with its window on Sunday at two."""
    found = Database(
        name="the-db",
        state="RUNNABLE",
        version="POSTGRES_15",
        tier="small",
        window_day=7,
        window_hour=2,
        has_backups=True,
        has_point_in_time=False,
        authorized_networks=(),
        max_connections=200,
    )
    return FakeDatabase(found=found, stored=stored)


def backup(number: str, *, age_s: float, status: str = "SUCCESSFUL") -> Backup:
    """Return a backup of that age on the fake clock."""
    started = EPOCH - timedelta(seconds=age_s)
    return Backup(id=number, kind="AUTOMATED", status=status, started_at=started, ended_at=started)

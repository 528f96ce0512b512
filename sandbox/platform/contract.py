"""What the control plane (admin API) and the data plane (processes, router) say to each other.

The control plane owns services, revisions, operations and traffic lists. The data plane owns processes,
routes and what was really measured. They meet in these values and protocols alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Protocol

ETAG_MODES = ("enforced", "ignored")


class StartError(Exception):
    """A revision could not be started: image unknown, process died, startup probe failed."""


ReadSecret = Callable[[str, str], str]
"""Takes the short name of a secret and one of its versions, returns the value; raises StartError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A startup, liveness or readiness probe; `path` None means TCP."""

    path: str | None
    period_s: float = 10.0
    timeout_s: float = 1.0
    failure_threshold: int = 3
    initial_delay_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionSpec:
    """All that the data plane needs to run a revision. Names are Cloud Run names (short, not paths)."""

    service: str
    revision: str
    image: str
    digest: str
    env: Mapping[str, str] = field(default_factory=dict)
    concurrency: int = 80
    min_instances: int = 0
    max_instances: int = 100
    timeout_s: float = 300.0
    startup: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTarget:
    """A revision's share of a service's requests; with a tag it is also reachable under its own host."""

    revision: str
    percent: int
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRoute:
    """What the router needs to know about one service. Replaced as a whole, atomically."""

    service: str
    targets: Sequence[RouteTarget]
    ingress: str = "all"
    """`all`, `internal` or `internal-and-cloud-load-balancing`."""
    is_disabled: bool = False
    """Manual scaling to zero: every request answers 503."""
    min_instances: int = 0
    max_instances: int = 0
    """Service-level scaling; 0 means no service-level maximum."""
    manual_instances: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokerRules:
    """Who may invoke a service: members as IAM writes them, and the audiences of a good token."""

    members: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()


class DataPlane(Protocol):
    """Runs revisions and routes requests to them."""

    async def start(self, spec: RevisionSpec) -> None:
        """Start the revision's first instance and wait for its startup probe; raise StartError.

        Called before every route that names the revision, so a revision that runs already is left alone.
        One that stopped is started anew, which fails when its image is gone.
        """

    async def route(self, route: ServiceRoute) -> None:
        """Swap the service's route atomically; revisions that no route names any more are drained."""

    async def remove(self, service: str) -> None:
        """Forget the service and stop its instances."""

    def digest_of(self, image: str) -> str:
        """The `sha256:…` digest that the image reference resolves to; raise StartError when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """How honest-but-inconvenient the local Cloud Run is; all times in seconds."""

    operation_latency_s: float = 0.05
    distance_s: float = 0.0
    """How far away callers from outside are: each request arrives so much later than it was sent."""
    traffic_lag_s: float = 0.0
    """How long after a finished operation the data plane still routes the old way (real: up to 75 s)."""
    etag_mode: str = "enforced"
    """`enforced` (documented) or `ignored` (observed live on v2 traffic patches)."""
    writes_per_minute: int = 10_000
    invoker_check: bool = False
    """Ask callers of a service for an ID token, as Cloud Run does of all that `allUsers` may not invoke.

    Services that call each other are asked only where it is so from the start: they have no token otherwise.
    """
    operations_denied: bool = False
    """Answer 403 to reads of operations, as a service-scoped role would see."""
    permissions_denied: str = ""
    """Permissions that no caller has, with commas between them; `run.revisions.*` denies all of a kind."""
    metrics_delay_s: float = 30.0
    """How long a sample takes to become visible; Cloud Run documents up to 180 s as its worst."""
    uptime_every_s: float = 5.0
    """The sandbox's minutes are short: every uptime check is carried out each so many seconds."""
    extra_cold_start_s: float = 0.0
    gateway_per_s: float = 0.0
    """Requests per second that the gateway answers, one after the other; 0 means no limit."""
    sql_operation_s: float = 0.0
    """How long a backup, a restore or a restart of the database takes beyond its own work."""
    sql_backup_every_s: float = 240.0
    """The sandbox's days are short: an automated backup each so many seconds."""
    wait_factor: float = 1.0
    """Real seconds for each second of the waits above; 0 ends them at once, also those that have begun."""
    revision_limit: int = 1000
    """Revisions kept per service; beyond it the oldest that nothing refers to are deleted."""


class KnobBoard:
    """The knobs as they are set now; a change takes effect at once."""

    def __init__(self, knobs: Knobs | None = None) -> None:
        self.current = knobs or Knobs()
        self.waited_s = 0.0
        """Seconds of injected waits that have passed on this platform; waits side by side count once."""
        self._sleepers: set[asyncio.Event] = set()

    def change(self, changes: Mapping[str, object]) -> Knobs:
        """Set the named knobs, keep the others, and return them all.

        Raises:
            ValueError: an unknown knob, a value of another type, a negative number, an unknown etag mode.
        """
        known = asdict(self.current)
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"unknown knob '{name}'; known are {', '.join(sorted(known))}")
            _refuse_bad_knob(name, value, known[name])
        self.current = replace(self.current, **dict(changes))  # type: ignore[arg-type]
        for sleeper in self._sleepers:
            sleeper.set()
        return self.current

    def denies(self, permission: str) -> bool:
        """Whether no caller has a permission now; a call that needs none has the empty one."""
        denied = [name.strip() for name in self.current.permissions_denied.split(",")]
        denied += ["run.operations.*"] if self.current.operations_denied else []
        return bool(permission) and any(fnmatchcase(permission, name) for name in denied if name)

    async def wait(self, seconds: float) -> None:
        """Let an injected wait pass, and count its seconds whatever they took on the machine's clock."""
        loop, begun_at = asyncio.get_running_loop(), self.waited_s
        started = loop.time()
        changed = asyncio.Event()
        self._sleepers.add(changed)
        try:
            while (left := started + seconds * self.current.wait_factor - loop.time()) > 0:
                changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), left)
        finally:
            self._sleepers.remove(changed)
        self.waited_s = max(self.waited_s, begun_at + seconds)


def _refuse_bad_knob(name: str, value: object, now: object) -> None:
    wanted = (int, float) if isinstance(now, float) else type(now)
    if not isinstance(value, wanted) or isinstance(value, bool) is not isinstance(now, bool):
        raise ValueError(f"knob '{name}' takes a {type(now).__name__}, got {value!r}")
    if name == "etag_mode" and value not in ETAG_MODES:
        raise ValueError(f"knob 'etag_mode' is one of {', '.join(ETAG_MODES)}, got {value!r}")
    if isinstance(value, (int, float)) and not 0 <= value < float("inf"):
        raise ValueError(f"knob '{name}' is a finite number from 0 up, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSample:
    """One request that the router forwarded or refused; what Monitoring is fed with."""

    at: float
    """Unix time at which the answer was complete."""
    service: str
    revision: str
    """Empty when no instance could be found."""
    code: int
    latency_ms: float
    method: str = ""
    url: str = ""
    """With its query, as the caller asked for it."""


class SampleSink(Protocol):
    """Receives what the router measured."""

    def record(self, sample: RequestSample) -> None:
        """Take one sample."""

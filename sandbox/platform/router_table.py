"""Which revision answers a request: hosts, tags, ingress rules and the traffic split. No I/O."""

from __future__ import annotations

import enum
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.platform.contract import RouteTarget, ServiceRoute
from sandbox.platform.router_http import RefusedError


class IngressOrigin(enum.Enum):
    """Where a request comes from."""

    OUTSIDE = "outside"
    INSIDE = "inside"


class ClosedError(RefusedError):
    """The ingress rule of a service closes a host to where a request comes from."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A service and the revision that was chosen for one request."""

    service: str
    revision: str


@dataclass(frozen=True, slots=True)
class _Split:
    """A service's route, prepared for one look-up per request."""

    route: ServiceRoute
    shares: tuple[tuple[int, str], ...]
    """Cumulative percent and revision."""
    by_tag: Mapping[str, str]

    def pick(self, number: float) -> str:
        """Revision for a number drawn from 0 up to 100."""
        return next(revision for limit, revision in self.shares if number < limit)


class RoutingTable:
    """Hosts to services, services to revisions. A route is replaced as a whole."""

    def __init__(
        self,
        run_domain: str,
        public_hosts: Mapping[str, str],
        draw: Callable[[], float] = random.random,
    ) -> None:
        """Take the domain below which every service has a host (`us-central1.run.test`).

        Args:
            run_domain: `{service}.{run_domain}` and `{tag}---{service}.{run_domain}` are hosts of a service.
            public_hosts: further hosts and the services behind them.
            draw: source of numbers from 0 up to 1 for the split.
        """
        self._suffix = f".{run_domain}"
        self._public_hosts = dict(public_hosts)
        self._draw = draw
        self._splits: dict[str, _Split] = {}
        self.is_plain_allowed = False
        """Whether plain HTTP is answered like HTTPS, and not redirected."""

    def put(self, route: ServiceRoute) -> None:
        self._splits[route.service] = _Split(
            route,
            _cumulative([target for target in route.targets if target.percent]),
            {target.tag: target.revision for target in route.targets if target.tag},
        )

    def drop(self, service: str) -> None:
        self._splits.pop(service, None)

    def knows(self, host: str) -> bool:
        return self._locate(host)[0] in self._splits

    def find(self, host: str, origin: IngressOrigin) -> Destination:
        """Choose the revision for one request to a host.

        Raises:
            RefusedError: 404 for a host or tag that is unknown or closed to the outside,
                503 for a disabled service.
        """
        service, tag = self._locate(host)
        split = self._splits.get(service)
        if split is None:
            raise RefusedError(404, f"There is no service at {host}.")
        if origin is IngressOrigin.OUTSIDE and not self._is_open(split.route, host):
            raise ClosedError(404, f"{host} is not reachable from the outside.", service=service)
        if split.route.is_disabled:
            raise RefusedError(503, f"{service} is disabled: it is scaled to zero by hand.", service=service)
        if tag:
            if tag not in split.by_tag:
                raise RefusedError(404, f"{service} has no tag {tag}.", service=service)
            return Destination(service, split.by_tag[tag])
        if not split.shares:
            raise RefusedError(503, f"{service} sends its traffic to no revision.", service=service)
        return Destination(service, split.pick(self._draw() * split.shares[-1][0]))

    def _locate(self, host: str) -> tuple[str, str]:
        """Service and tag that a host names; the service is empty for a foreign host."""
        if host in self._public_hosts:
            return self._public_hosts[host], ""
        if not host.endswith(self._suffix):
            return "", ""
        label = host.removesuffix(self._suffix)
        tag, separator, service = label.partition("---")
        return (service, tag) if separator else (label, "")

    def _is_open(self, route: ServiceRoute, host: str) -> bool:
        """Whether the outside may use a host; the public hosts are the load balancer's."""
        is_balanced = route.ingress == "internal-and-cloud-load-balancing" and host in self._public_hosts
        return route.ingress == "all" or is_balanced


def _cumulative(targets: list[RouteTarget]) -> tuple[tuple[int, str], ...]:
    limits = itertools.accumulate(target.percent for target in targets)
    return tuple(zip(limits, (target.revision for target in targets), strict=True))

"""What can be wrong with the infrastructure under the services: certificates, names, probes, bounds."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import dns.name
from google.cloud import run_v2

from sandbox import topology
from sandbox.platform import scaling
from sandbox.platform.admin.messages import Revision, Service
from sandbox.platform.admin.state import State
from sandbox.platform.certificates import Authority
from sandbox.platform.data_plane import IDLE_S
from sandbox.platform.disturbances import Disturbance, Disturbances
from sandbox.platform.instances import Fleet
from sandbox.platform.options import Leaf
from sandbox.platform.router_table import RoutingTable

PUBLIC = "frontend"
INTERNAL = "asset-discovery"
_ALL = run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL.value
_INTERNAL_ONLY = run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY.value
_SLOW_PERIOD_S = 240
_PERIOD_S = 10
_MOST = 4
_FOREVER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class InfrastructureContext:
    """The parts of a sandbox that can be wrong here."""

    state: State
    fleets: Mapping[str, Fleet]
    table: RoutingTable
    authority: Authority
    context: ssl.SSLContext
    shown: Leaf
    unknown_names: set[dns.name.Name]
    """Names that the second name server does not know."""

    def service(self, name: str) -> Service:
        """Return the message of a service."""
        wanted = f"isectech-{name}-{topology.ENVIRONMENT}"
        return next(found for path, found in self.state.services.items() if path.endswith(f"/{wanted}"))

    def revision(self, name: str) -> Revision:
        """Return the message of a service's ready revision."""
        return self.state.revision(self.service(name).latest_ready_revision)


def offer(board: Disturbances, parts: InfrastructureContext) -> None:
    """Offer everything; each is one thing wrong, and is taken back completely."""
    board.offer(*_certificates(parts), *_probes(parts), *_bounds(parts))
    public = dns.name.from_text(f"app.{topology.PUBLIC_DOMAIN}.")
    board.offer(
        _row(
            "dns-record-missing",
            "The second name server does not know app.isectech.test",
            "INF-07",
            lambda: parts.unknown_names.add(public),
            lambda: parts.unknown_names.discard(public),
        ),
        _row(
            "plain-http-served",
            "The front door answers plain HTTP instead of sending it to HTTPS",
            "SEC-07",
            lambda: _allow_plain(parts, is_allowed=True),
            lambda: _allow_plain(parts, is_allowed=False),
        ),
        _row(
            "ingress-opened",
            f"{INTERNAL} accepts traffic from everywhere",
            "SEC-06",
            lambda: _set_ingress(parts, _ALL),
            lambda: _set_ingress(parts, _INTERNAL_ONLY),
        ),
    )


def _row(
    name: str, summary: str, criterion: str, break_it: Callable[[], object], mend_it: Callable[[], object]
) -> Disturbance:
    return Disturbance(name=name, summary=summary, criteria=(criterion,), break_it=break_it, mend_it=mend_it)


def _certificates(parts: InfrastructureContext) -> tuple[Disturbance, ...]:
    def shown(leaf: Leaf, summary: str) -> Disturbance:
        return _row(
            f"certificate-{leaf.value}",
            summary,
            "INF-06",
            lambda: parts.authority.show(leaf, parts.context),
            lambda: parts.authority.show(parts.shown, parts.context),
        )

    return (
        shown(Leaf.EXPIRED, "The certificate has been over since yesterday"),
        shown(Leaf.EXPIRING, "The certificate is valid for five days more"),
        shown(Leaf.OTHER_NAME, "The certificate is for another name"),
        shown(Leaf.UNTRUSTED, "Nobody knows who signed the certificate"),
        _row(
            "tls-outdated",
            "The front door still speaks TLS 1.0",
            "INF-06",
            lambda: parts.authority.speak_broken(parts.context),
            lambda: parts.authority.speak(parts.context),
        ),
    )


def _probes(parts: InfrastructureContext) -> tuple[Disturbance, ...]:
    return (
        _row(
            "probe-missing",
            f"{INTERNAL} has no startup probe",
            "INF-02",
            lambda: parts.revision(INTERNAL).containers[0].ClearField("startup_probe"),
            lambda: _give_startup_probe(parts),
        ),
        _row(
            "ejection-slow",
            f"A dead instance of {PUBLIC} keeps its requests for twelve minutes",
            "INF-08",
            lambda: _set_period(parts, _SLOW_PERIOD_S),
            lambda: _set_period(parts, _PERIOD_S),
        ),
    )


def _bounds(parts: InfrastructureContext) -> tuple[Disturbance, ...]:
    return (
        _row(
            "bounds-too-tight",
            f"{INTERNAL} may have one instance and no more",
            "INF-09",
            lambda: _set_most(parts, 1),
            lambda: _set_most(parts, _MOST),
        ),
        _row(
            "scaling-stuck",
            f"{INTERNAL} may have four instances, and never gets the second one",
            "INF-09",
            lambda: _resize(parts, most=1),
            lambda: _resize(parts, most=_MOST),
        ),
        _row(
            "scaling-one-way",
            f"{INTERNAL} gets more instances and never gives one back",
            "INF-09",
            lambda: _keep_idle(parts, _FOREVER_S),
            lambda: _keep_idle(parts, IDLE_S),
        ),
    )


def _allow_plain(parts: InfrastructureContext, *, is_allowed: bool) -> None:
    parts.table.is_plain_allowed = is_allowed


def _set_ingress(parts: InfrastructureContext, ingress: int) -> None:
    parts.service(INTERNAL).ingress = ingress


def _give_startup_probe(parts: InfrastructureContext) -> None:
    whole = parts.service(INTERNAL).template.containers[0].startup_probe
    parts.revision(INTERNAL).containers[0].startup_probe.CopyFrom(whole)


def _set_period(parts: InfrastructureContext, seconds: int) -> None:
    parts.revision(PUBLIC).containers[0].liveness_probe.period_seconds = seconds


def _set_most(parts: InfrastructureContext, most: int) -> None:
    parts.service(INTERNAL).template.scaling.max_instance_count = most


def _keep_idle(parts: InfrastructureContext, seconds: float) -> None:
    for fleet in parts.fleets.values():
        if fleet.spec.service == f"isectech-{INTERNAL}-{topology.ENVIRONMENT}":
            fleet.idle_s = seconds


def _resize(parts: InfrastructureContext, *, most: int) -> None:
    for fleet in parts.fleets.values():
        if fleet.spec.service == f"isectech-{INTERNAL}-{topology.ENVIRONMENT}" and fleet.size:
            fleet.resize(scaling.Bounds(1, most))

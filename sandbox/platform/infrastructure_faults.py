"""What can be wrong with the infrastructure under the services: certificates, names, probes, bounds."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

import dns.name
from google.cloud import run_v2

from sandbox import topology
from sandbox.platform import scaling
from sandbox.platform.admin.messages import Revision, Service
from sandbox.platform.admin.state import State
from sandbox.platform.certificates import Authority
from sandbox.platform.data_plane import IDLE_S
from sandbox.platform.disturbances import Disturbances, Switch
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


@dataclass(slots=True, kw_only=True)
class InfrastructureContext:
    """What the services of one sandbox run on."""

    table: RoutingTable
    authority: Authority
    tls: ssl.SSLContext
    shown: Leaf
    """The certificate that the front door shows when nothing is wrong with it."""
    fleets: dict[str, Fleet] = field(default_factory=dict)
    """Instances by revision."""
    unknown_names: set[dns.name.Name] = field(default_factory=set)
    """Names that the second name server does not know."""


def offer(board: Disturbances, context: InfrastructureContext, state: State) -> None:
    """Offer everything; each is one thing wrong, and is taken back completely."""
    _offer_entrance(board, context)
    _offer_configuration(board, state)
    _offer_scaling(board, context)


def _offer_entrance(board: Disturbances, context: InfrastructureContext) -> None:
    def showing(leaf: Leaf) -> Switch:
        return lambda is_wrong: context.authority.show(leaf if is_wrong else context.shown, context.tls)

    for leaf, summary in (
        (Leaf.EXPIRED, "The certificate has been over since yesterday"),
        (Leaf.EXPIRING, "The certificate is valid for five days more"),
        (Leaf.OTHER_NAME, "The certificate is for another name"),
        (Leaf.UNTRUSTED, "The certificate is signed by an unknown authority"),
    ):
        board.offer(f"certificate-{leaf.value}", summary, ("INF-06",), showing(leaf))
    authority, names = context.authority, context.unknown_names
    public = dns.name.from_text(f"app.{topology.PUBLIC_DOMAIN}.")
    board.offer(
        "tls-outdated",
        "The front door still speaks TLS 1.0",
        ("INF-06",),
        lambda is_wrong: (authority.speak_broken if is_wrong else authority.speak)(context.tls),
    )
    board.offer(
        "dns-record-missing",
        "The second name server does not know app.isectech.test",
        ("INF-07",),
        lambda is_wrong: (names.add if is_wrong else names.discard)(public),
    )
    board.offer(
        "plain-http-served",
        "The front door answers plain HTTP instead of sending it to HTTPS",
        ("SEC-07",),
        lambda is_wrong: setattr(context.table, "is_plain_allowed", is_wrong),
    )


def _offer_configuration(board: Disturbances, state: State) -> None:
    board.offer(
        "ingress-opened",
        f"{INTERNAL} accepts traffic from everywhere",
        ("SEC-06",),
        lambda is_wrong: setattr(_service(state, INTERNAL), "ingress", _ALL if is_wrong else _INTERNAL_ONLY),
    )
    board.offer(
        "probe-missing",
        f"{INTERNAL} has no startup probe",
        ("INF-02",),
        lambda is_wrong: _set_startup_probe(state, is_missing=is_wrong),
    )
    board.offer(
        "ejection-slow",
        f"A dead instance of {PUBLIC} keeps its requests for twelve minutes",
        ("INF-08",),
        lambda is_wrong: setattr(
            _revision(state, PUBLIC).containers[0].liveness_probe,
            "period_seconds",
            _SLOW_PERIOD_S if is_wrong else _PERIOD_S,
        ),
    )
    board.offer(
        "bounds-too-tight",
        f"{INTERNAL} may have one instance and no more",
        ("INF-09",),
        lambda is_wrong: setattr(
            _service(state, INTERNAL).template.scaling, "max_instance_count", 1 if is_wrong else _MOST
        ),
    )


def _offer_scaling(board: Disturbances, context: InfrastructureContext) -> None:
    def fleets() -> list[Fleet]:
        return [
            fleet
            for fleet in context.fleets.values()
            if fleet.spec.service == topology.cloud_run_name(INTERNAL)
        ]

    def resize(most: int) -> None:
        for fleet in fleets():
            if fleet.size:
                fleet.resize(scaling.Bounds(1, most))

    def keep_idle(seconds: float) -> None:
        for fleet in fleets():
            fleet.idle_s = seconds

    board.offer(
        "scaling-stuck",
        f"{INTERNAL} may have four instances, and never gets the second one",
        ("INF-09",),
        lambda is_wrong: resize(1 if is_wrong else _MOST),
    )
    board.offer(
        "scaling-one-way",
        f"{INTERNAL} gets more instances and never gives one back",
        ("INF-09",),
        lambda is_wrong: keep_idle(_FOREVER_S if is_wrong else IDLE_S),
    )


def _set_startup_probe(state: State, *, is_missing: bool) -> None:
    container = _revision(state, INTERNAL).containers[0]
    if is_missing:
        container.ClearField("startup_probe")
    else:
        container.startup_probe.CopyFrom(_service(state, INTERNAL).template.containers[0].startup_probe)


def _service(state: State, name: str) -> Service:
    return state.service(state.location.service_name(topology.cloud_run_name(name)))


def _revision(state: State, name: str) -> Revision:
    return state.revision(_service(state, name).latest_ready_revision)

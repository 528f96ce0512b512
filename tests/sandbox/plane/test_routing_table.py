"""Which revision answers a host: tags, ingress rules, the split."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.platform.contract import RouteTarget, ServiceRoute
from sandbox.platform.router_http import RefusedError, host_of
from sandbox.platform.router_table import IngressOrigin, RoutingTable

DOMAIN = "us-central1.run.test"
PUBLIC = "shop.isectech.test"


def _table(route: ServiceRoute, draw: Callable[[], float] = lambda: 0.5) -> RoutingTable:
    table = RoutingTable(DOMAIN, {PUBLIC: "shop"}, draw)
    table.put(route)
    return table


def _route(*shares: tuple[str, int], ingress: str = "all") -> ServiceRoute:
    targets = [RouteTarget(revision=name, percent=percent) for name, percent in shares]
    return ServiceRoute(service="shop", targets=targets, ingress=ingress)


@given(percent=st.integers(1, 99), draw=st.floats(0, 1, exclude_max=True))
def test_the_draw_decides_by_the_shares(percent: int, draw: float) -> None:
    """A draw below the first share is the first revision, any other the second."""
    table = _table(_route(("a", percent), ("b", 100 - percent)), lambda: draw)
    expected = "a" if draw * 100 < percent else "b"
    assert table.find(PUBLIC, IngressOrigin.OUTSIDE).revision == expected


@given(draw=st.floats(0, 1, exclude_max=True))
def test_a_share_of_nothing_is_never_drawn(draw: float) -> None:
    """Neither a 0 at the front nor one at the end of the list gets a request."""
    table = _table(_route(("first", 0), ("all", 100), ("last", 0)), lambda: draw)
    assert table.find(PUBLIC, IngressOrigin.OUTSIDE).revision == "all"


@pytest.mark.parametrize(
    ("ingress", "open_hosts"),
    [
        ("all", {PUBLIC, f"shop.{DOMAIN}"}),
        ("internal", set()),
        ("internal-and-cloud-load-balancing", {PUBLIC}),
    ],
)
def test_ingress_closes_hosts_to_the_outside_alone(ingress: str, open_hosts: set[str]) -> None:
    """The inside reaches every host; the outside what the ingress rule leaves open, and 404 elsewhere."""
    table = _table(_route(("a", 100), ingress=ingress))
    for host in (PUBLIC, f"shop.{DOMAIN}"):
        assert table.find(host, IngressOrigin.INSIDE).revision == "a"
        if host in open_hosts:
            assert table.find(host, IngressOrigin.OUTSIDE).revision == "a"
        else:
            with pytest.raises(RefusedError) as refused:
                table.find(host, IngressOrigin.OUTSIDE)
            assert refused.value.code == 404


def test_a_route_is_replaced_as_a_whole() -> None:
    """A tag that the new list does not repeat is gone."""
    tagged = RouteTarget(revision="b", percent=0, tag="next")
    table = _table(ServiceRoute(service="shop", targets=[RouteTarget(revision="a", percent=100), tagged]))
    assert table.find(f"next---shop.{DOMAIN}", IngressOrigin.INSIDE).revision == "b"
    table.put(_route(("a", 100)))
    with pytest.raises(RefusedError):
        table.find(f"next---shop.{DOMAIN}", IngressOrigin.INSIDE)


def test_a_dropped_service_is_unknown() -> None:
    """Nothing of it is left, not even for the redirect."""
    table = _table(_route(("a", 100)))
    assert table.knows(PUBLIC)
    table.drop("shop")
    assert not table.knows(PUBLIC)


@pytest.mark.parametrize("value", [b"Shop.ISECTECH.test", b"shop.isectech.test:8443", b"shop.isectech.test."])
def test_a_host_is_known_in_any_spelling(value: bytes) -> None:
    """Case, port and a final dot do not change which host is meant."""
    assert host_of([(b"Host", value)]) == PUBLIC

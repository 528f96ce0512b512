"""INF-07: whoever asks, and whomever they ask, each public host leads to the platform."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import dns.exception
import dns.resolver
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.readiness.infrastructure.doors import address_of, host_of, shake_hands

_LIFETIME_S = 5.0


def _resolvers(target: Target) -> Iterator[tuple[str, dns.resolver.Resolver]]:
    """Yield every resolver that the environment names, and the system's when a name is a public one."""
    if target.dns is None:
        yield "the system's resolver", dns.resolver.Resolver()
    for server in filter(None, (target.dns, *target.resolvers)):
        address, _, port = server.rpartition(":")
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [address], int(port)
        yield server, resolver


def _addresses(resolver: dns.resolver.Resolver, host: str) -> set[str]:
    """Return the addresses of a host; none when the resolver knows no such name."""
    found: set[str] = set()
    for kind in ("A", "AAAA"):
        try:
            found |= {record.to_text() for record in resolver.resolve(host, kind, lifetime=_LIFETIME_S)}
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            continue
    return found


@pytest.mark.criterion("INF-07")
def test_domain_resolves(service: ServiceTarget, target: Target) -> None:
    """Every resolver knows the host, and whatever address it gives presents the host's certificate."""
    name, host = service.name, host_of(target, service.name)
    answers = {where: _addresses(resolver, host) for where, resolver in _resolvers(target)}
    fewest = target.demand("INF-07").limit("fewestResolvers")
    demand(len(answers) >= fewest, f"only {len(answers)} resolver was asked for {host}", blames=name)
    for where, addresses in answers.items():
        demand(addresses, f"{where} does not know {host}", blames=name)
    port = address_of(target, host)[1]
    for address in sorted(set().union(*answers.values())):
        try:
            shake_hands((address, port), host, ssl.create_default_context(cafile=target.ca_file))
        except OSError as error:
            demand(None, f"{host} leads to {address}, which is not the platform: {error}", blames=name)

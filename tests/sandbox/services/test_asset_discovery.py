"""asset-discovery: deterministic findings, scans that end, assets that stay with their tenant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.asset_discovery import domain

networks = st.builds(lambda a, b: f"10.{a}.{b}.0/24", st.integers(0, 255), st.integers(0, 255))
tenants = st.sampled_from(["acme", "globex", "initech"])


def _found(tenant: str, network: str) -> list[domain.Finding]:
    chunks = domain.chunks_of(domain.addresses_of(network))
    return [finding for chunk in chunks for finding in domain.find(tenant, chunk, network)]


@given(tenants, networks)
def test_a_network_always_holds_the_same_machines(tenant: str, network: str) -> None:
    """Two scans of one network find the same machines, and at least one."""
    found = _found(tenant, network)
    assert found
    assert found == _found(tenant, network)
    assert domain.first_address_of(tenant, network) in {finding.address for finding in found}


@given(tenants, networks)
def test_walking_in_chunks_finds_what_one_look_finds(tenant: str, network: str) -> None:
    """The steps of a scan neither lose nor repeat an address."""
    addresses = domain.addresses_of(network)
    assert _found(tenant, network) == domain.find(tenant, addresses, network)


def test_tenants_do_not_share_machines() -> None:
    """The same network holds other machines for another tenant."""
    assert _found("acme", "10.9.8.0/24") != _found("globex", "10.9.8.0/24")


def test_an_asset_id_depends_on_the_scan() -> None:
    """A later scan gives the machine at an address another id, a repeated step the same."""
    assert domain.asset_id("scn_1", "10.0.0.1") == domain.asset_id("scn_1", "10.0.0.1")
    assert domain.asset_id("scn_1", "10.0.0.1") != domain.asset_id("scn_2", "10.0.0.1")


@given(st.lists(st.integers(1, 65535), max_size=8))
def test_every_open_port_is_exposed_once_worst_first(ports: list[int]) -> None:
    """Exposures cover the ports exactly and are ordered by severity."""
    exposures = domain.exposures_of(ports)
    assert sorted(exposure.port for exposure in exposures) == sorted(set(ports))
    ranks = [domain.SEVERITIES.index(exposure.severity) for exposure in exposures]
    assert ranks == sorted(ranks, reverse=True)

"""asset-discovery: deterministic findings, scans that end, assets that stay with their tenant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.store import Store
from sandbox.services.asset_discovery import app, domain, store
from sandbox.services.asset_discovery.models import Scan
from sandbox.services.asset_discovery.scanner import Scanner
from tests.sandbox.support.running_platform import RunningPlatform, poll, running

NAME = app.NAME
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


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A running asset-discovery."""
    with running(tmp_path_factory.mktemp("assets"), {NAME: app.build}) as started:
        yield started


def _scanned(analyst: httpx.Client, network: str) -> dict[str, Any]:
    started = analyst.post("/v1/scans", json={"network": network})
    assert started.status_code == 202
    path = f"/v1/scans/{started.json()['id']}"
    done = poll(lambda: (scan := analyst.get(path).json())["status"] == "done" and scan)
    assert done
    found: dict[str, Any] = done
    return found


def test_a_scan_ends_and_its_assets_appear(platform: RunningPlatform) -> None:
    """A scan is accepted, comes to its end, and every asset that it names can be read."""
    analyst = platform.client(NAME, "analyst")
    scan = _scanned(analyst, "10.20.30.0/24")
    assert scan["lookedAt"] == scan["addresses"] == 254
    found = [analyst.get(f"/v1/assets/{asset_id}").json() for asset_id in scan["assetIds"]]
    expected = domain.find("acme", domain.addresses_of("10.20.30.0/24"), "10.20.30.0/24")
    assert {asset["address"] for asset in found} == {finding.address for finding in expected}
    listed = analyst.get("/v1/assets", params={"scanId": scan["id"]}).json()["items"]
    assert {asset["id"] for asset in listed} == set(scan["assetIds"])


def test_scanning_again_finds_the_same_assets(platform: RunningPlatform) -> None:
    """A second scan of a network sees the known assets again and makes no new ones."""
    analyst = platform.client(NAME, "analyst")
    first = _scanned(analyst, "10.20.31.0/24")
    assert _scanned(analyst, "10.20.31.0/24")["assetIds"] == first["assetIds"]


def test_a_deleted_asset_does_not_come_back_under_its_id(platform: RunningPlatform) -> None:
    """After a deletion the id is gone for good, though a scan finds the machine again."""
    manager = platform.client(NAME, "manager")
    gone = _scanned(manager, "10.20.32.0/24")["assetIds"][0]
    assert manager.delete(f"/v1/assets/{gone}").status_code == 204
    assert manager.get(f"/v1/assets/{gone}").status_code == 404
    assert manager.delete(f"/v1/assets/{gone}").status_code == 404
    assert gone not in _scanned(manager, "10.20.32.0/24")["assetIds"]


def test_other_tenants_see_nothing(platform: RunningPlatform) -> None:
    """An asset and a scan of one tenant do not exist for another, whatever the operation."""
    scan = _scanned(platform.client(NAME, "analyst"), "10.20.33.0/24")
    asset, stranger = scan["assetIds"][0], platform.client(NAME, "admin", tenant="globex")
    assert stranger.get(f"/v1/scans/{scan['id']}").status_code == 404
    assert stranger.get(f"/v1/assets/{asset}").status_code == 404
    assert stranger.get(f"/v1/assets/{asset}/exposures").status_code == 404
    assert stranger.patch(f"/v1/assets/{asset}", json={"state": "retired"}).status_code == 404
    assert stranger.delete(f"/v1/assets/{asset}").status_code == 404
    assert stranger.get("/v1/assets", params={"scanId": scan["id"]}).json()["items"] == []
    assert platform.client(NAME, "viewer").get(f"/v1/assets/{asset}").json()["state"] == "active"


def test_roles_bound_what_may_be_done(platform: RunningPlatform) -> None:
    """A viewer reads, an analyst writes, and only a manager deletes."""
    viewer, analyst = platform.client(NAME, "viewer"), platform.client(NAME, "analyst")
    body = {"hostname": "db-7", "address": "10.99.0.1", "kind": "database", "openPorts": [23, 5432]}
    assert viewer.post("/v1/assets", json=body).status_code == 403
    assert viewer.post("/v1/scans", json={"network": "10.1.1.0/24"}).status_code == 403
    made = analyst.post("/v1/assets", json=body)
    assert made.status_code == 201
    path = f"/v1/assets/{made.json()['id']}"
    assert analyst.post("/v1/assets", json=body).status_code == 409
    assert analyst.delete(path).status_code == 403
    assert analyst.patch(path, json={"tags": ["pci"]}).json()["tags"] == ["pci"]
    assert [item["port"] for item in viewer.get(f"{path}/exposures").json()["items"]] == [23, 5432]


@pytest.mark.parametrize(
    "network", ["169.254.169.0/24", "127.0.0.0/24", "8.8.8.0/24", "10.0.0.0/8", "10.0.0.1"]
)
def test_only_private_networks_can_be_scanned(platform: RunningPlatform, network: str) -> None:
    """A scan of a foreign, loopback, link-local or huge network is refused."""
    assert platform.client(NAME, "admin").post("/v1/scans", json={"network": network}).status_code == 422


def test_pages_cover_everything_once(platform: RunningPlatform) -> None:
    """Following the cursor lists every asset of the tenant exactly once."""
    viewer = platform.client(NAME, "viewer", tenant="initech")
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 20}
    while True:
        page = viewer.get("/v1/assets", params=params).json()
        seen += [asset["id"] for asset in page["items"]]
        if page["nextCursor"] is None:
            break
        params["cursor"] = page["nextCursor"]
    assert len(seen) == len(set(seen)) == 66


def test_the_same_key_creates_once(platform: RunningPlatform) -> None:
    """A repeated request answers as the first time and makes no second asset."""
    analyst = platform.client(NAME, "analyst")
    body = {"hostname": "web-1", "address": "10.99.0.2", "kind": "server"}
    first, again = (
        analyst.post("/v1/assets", json=body, headers={"Idempotency-Key": "once-1"}) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_a_change_is_audited_in_its_trace(platform: RunningPlatform) -> None:
    """Starting and finishing a scan are in the trail of the trace that asked for it."""
    trace_id = "5" * 32
    _scanned(platform.client(NAME, "analyst", trace_id=trace_id), "10.20.34.0/24")
    expected = ["scan.started", "scan.finished"]
    assert poll(lambda: platform.trail.actions(trace_id) == expected)


def test_a_scan_of_a_dead_worker_is_finished_by_another(tmp_path: Path) -> None:
    """A worker takes over what another one left in the middle, and finds what one walk finds."""
    database = Store(tmp_path / "assets.sqlite3", store.MIGRATIONS)
    with database.write() as connection:
        store.SCANS.insert(connection, "acme", _queued("scn_1", "10.5.5.0/24"), traceparent="")
        job = store.claim_scan(connection, "dead", now=1.0, lease_s=5.0)
        assert job is not None
        store.advance_scan(connection, job, "dead", looked_at=64, leased_until=5.0)
        first = domain.addresses_of("10.5.5.0/24")[: domain.CHUNK]
        for finding in domain.find("acme", first, "10.5.5.0/24"):
            store.keep_finding(connection, job, finding, now=0.0)
    assert Scanner(database).run_one()
    with database.write() as connection:
        scan = store.SCANS.of(connection, "acme", "scn_1")
        assert not store.finish_scan(connection, job, "dead", now=9.0)
    database.close()
    assert scan is not None
    assert (scan.status, scan.looked_at) == ("done", 254)
    assert len(scan.asset_ids) == len(_found("acme", "10.5.5.0/24"))


def _queued(scan_id: str, network: str) -> Scan:
    return Scan(
        id=scan_id,
        network=network,
        status="queued",
        looked_at=0,
        addresses=254,
        asset_ids=[],
        requested_by="usr_1",
        requested_at=0.0,
        finished_at=None,
    )

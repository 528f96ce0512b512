"""What a scan finds and what an asset exposes: pure logic, no I/O.

A scan never sends a packet. What "is" in a network is drawn from the tenant and the address, so the same
network always holds the same machines, for every instance and after every restart.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sandbox.kit.models import Shape

Kind = Literal["server", "workstation", "database", "network", "iot"]
Level = Literal["low", "medium", "high", "critical"]
State = Literal["active", "isolated", "retired"]
SEVERITIES: tuple[Level, ...] = get_args(Level)
"""From the least to the most."""

CHUNK = 64
"""Addresses that one step of a scan looks at; progress is kept after each step."""
DENSITY = 40
"""One address in this many answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A sort of machine: what runs on it and how much it matters."""

    kind: Kind
    os: str
    criticality: Level
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A machine that a scan found."""

    address: str
    hostname: str
    profile: Profile


class ExposureView(Shape):
    """A way into an asset."""

    port: int
    service: str
    severity: Level
    advice: str


PROFILES: tuple[Profile, ...] = (
    Profile(kind="server", os="linux", criticality="high", ports=(22, 443)),
    Profile(kind="workstation", os="windows", criticality="medium", ports=(445, 3389)),
    Profile(kind="database", os="linux", criticality="critical", ports=(22, 5432)),
    Profile(kind="network", os="appliance", criticality="high", ports=(22, 23)),
    Profile(kind="iot", os="embedded", criticality="low", ports=(80, 1883)),
)

EXPOSURES: dict[int, ExposureView] = {
    exposure.port: exposure
    for exposure in (
        ExposureView(port=21, service="ftp", severity="high", advice="Replace FTP by SFTP."),
        ExposureView(port=22, service="ssh", severity="low", advice="Allow keys only."),
        ExposureView(port=23, service="telnet", severity="critical", advice="Switch telnet off."),
        ExposureView(port=80, service="http", severity="medium", advice="Redirect to HTTPS."),
        ExposureView(port=443, service="https", severity="low", advice="Keep TLS at 1.2 or later."),
        ExposureView(port=445, service="smb", severity="high", advice="Close SMB to other segments."),
        ExposureView(
            port=1883, service="mqtt", severity="high", advice="Require TLS and client certificates."
        ),
        ExposureView(port=3389, service="rdp", severity="high", advice="Put RDP behind a gateway."),
        ExposureView(
            port=5432, service="postgresql", severity="medium", advice="Allow the application only."
        ),
    )
}


def _draw(tenant: str, address: str, purpose: str, choices: int) -> int:
    digest = hashlib.sha256(f"{tenant}|{address}|{purpose}".encode()).digest()
    return int.from_bytes(digest[:8]) % choices


def addresses_of(network: str) -> list[str]:
    return [str(host) for host in ipaddress.ip_network(network, strict=False).hosts()]


def chunks_of(addresses: list[str]) -> Iterator[list[str]]:
    """The addresses in the steps in which a scan walks them."""
    for start in range(0, len(addresses), CHUNK):
        yield addresses[start : start + CHUNK]


def find(tenant: str, addresses: Sequence[str], network: str) -> list[Finding]:
    """The machines that answer at these addresses.

    A network is never empty: its first machine is found whatever the draw says.
    """
    first = first_address_of(tenant, network)
    return [
        _finding(tenant, address)
        for address in addresses
        if address == first or _draw(tenant, address, "answers", DENSITY) == 0
    ]


def first_address_of(tenant: str, network: str) -> str:
    """The one address of the network that always answers."""
    hosts = addresses_of(network)
    return hosts[_draw(tenant, network, "first", len(hosts))]


def _finding(tenant: str, address: str) -> Finding:
    profile = PROFILES[_draw(tenant, address, "profile", len(PROFILES))]
    hostname = f"{profile.kind}-{address.replace('.', '-')}"
    return Finding(address=address, hostname=hostname, profile=profile)


def asset_id(scan_id: str, address: str) -> str:
    """The id of an asset that a scan found first; the same when the scan's step is repeated.

    It depends on the scan, so that an asset that was deleted never comes back under its old id.
    """
    return "ast_" + hashlib.sha256(f"{scan_id}|{address}".encode()).hexdigest()[:20]


def exposures_of(ports: Sequence[int]) -> list[ExposureView]:
    """What the open ports expose, worst first; unknown ports count as medium."""
    found = [
        EXPOSURES.get(port)
        or ExposureView(port=port, service="unknown", severity="medium", advice="Find out what listens here.")
        for port in sorted(set(ports))
    ]
    return sorted(found, key=lambda exposure: (-SEVERITIES.index(exposure.severity), exposure.port))

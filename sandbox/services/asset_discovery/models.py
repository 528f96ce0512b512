"""What asset-discovery takes and gives on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from sandbox.kit.models import Identifier, Integer, Shape, ShortText
from sandbox.kit.moment import Moment
from sandbox.kit.paging import PageShape
from sandbox.services.asset_discovery.domain import ExposureView, Kind, Level, State

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"

Network = Annotated[str, Field(pattern=rf"^10\.{_OCTET}\.{_OCTET}\.0/24$", examples=["10.20.30.0/24"])]
"""A /24 of the private range 10/8; nothing else can be scanned, so no request leads to a foreign host."""

Address = Annotated[str, Field(pattern=rf"^10\.{_OCTET}\.{_OCTET}\.{_OCTET}$", examples=["10.20.30.40"])]
Hostname = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", examples=["db-7"])]
Port = Annotated[
    Integer, Field(ge=1, le=65535), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535})
]
Tag = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class NewScan(Shape):
    """A network to look at."""

    network: Network


class Scan(Shape):
    """A scan and how far it is."""

    id: str
    network: str
    status: Literal["queued", "running", "done"]
    looked_at: int
    """Addresses that were looked at so far."""
    addresses: int
    asset_ids: list[str]
    """Assets that answered, known before or not."""
    requested_by: str
    requested_at: Moment
    finished_at: Moment | None


class ScanPage(PageShape):
    """Scans, newest first."""

    items: list[Scan]


class NewAsset(Shape):
    """An asset that a person enters."""

    hostname: Hostname
    address: Address
    kind: Kind
    os: ShortText = "unknown"
    criticality: Level = "medium"
    open_ports: list[Port] = Field(default_factory=list, max_length=50)
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    owner: Identifier | None = None


class AssetChange(Shape):
    """What is to change; what is not given stays."""

    hostname: Hostname | None = None
    criticality: Level | None = None
    state: State | None = None
    open_ports: Annotated[list[Port], Field(max_length=50)] | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    owner: Identifier | None = None


class Asset(Shape):
    """A machine of a tenant."""

    id: str
    hostname: str
    address: str
    kind: Kind
    os: str
    criticality: Level
    state: State
    open_ports: list[int]
    tags: list[str]
    owner: str | None
    source: Literal["seed", "scan", "person"]
    scan_id: str | None
    """The scan that saw the asset last."""
    first_seen: Moment
    last_seen: Moment


class AssetPage(PageShape):
    """Assets in the order of their ids."""

    items: list[Asset]


class Exposures(Shape):
    """What an asset exposes, worst first."""

    asset_id: str
    items: list[ExposureView]

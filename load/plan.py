"""What the process of the generator is told, and how: one JSON file, named by LOAD_PLAN."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from load.profiles import Kind, Offer
from load.schedule import SEED

PATHS = (
    "/api/v1/asset-discovery/v1/assets?limit=10",
    "/api/v1/event-processor/v1/events?limit=10",
    "/api/v1/decision-engine/v1/policies",
    "/api/v1/routes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An offer, where it goes, and where the record is written.

    `host` is the name in SNI and Host, whatever the address. `ca_file` is the CA to trust; None is the
    machine's own CAs. `audience` is what callers' tokens must be meant for; empty when none is wanted.
    """

    offer: Offer
    host: str
    ca_file: str | None
    out: str
    audience: str = ""
    paths: tuple[str, ...] = PATHS
    seed: int = SEED

    def to_json(self) -> str:
        """Return the plan as a document."""
        return json.dumps(asdict(self))


def read_plan(path: Path) -> Plan:
    """Return the plan that a file holds."""
    told = json.loads(path.read_text(encoding="utf-8"))
    offer = told.pop("offer")
    paths = tuple(told.pop("paths"))
    return Plan(offer=Offer(**{**offer, "kind": Kind(offer["kind"])}), paths=paths, **told)

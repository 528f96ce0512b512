"""Can the revision that was gone back to read what the newer one wrote?"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from journeys.checks import demand
from journeys.world import World

NEWEST = 5
"""Records of each kind: the newest, so those that the revision before this one wrote are among them."""
LISTS: Mapping[str, str] = {
    "asset-discovery": "assets",
    "event-processor": "events",
    "threat-detection": "threats",
    "decision-engine": "decisions",
}
"""Service → its list of records; each can be read by its id as well."""


@pytest.mark.criterion("RBK-RECORDS")
def test_records_are_read(world: World) -> None:
    """Each of the newest records reads by its id as it stands in its list; alone it may tell more."""
    for service, kind in LISTS.items():
        listed = world.read("manager", service, f"/{kind}?limit={NEWEST}").get("items", ())
        demand(listed, f"the list of {kind} is empty", blames=service)
        for record in listed:
            alone = world.read("manager", service, f"/{kind}/{record.get('id')}")
            changed = sorted(name for name, value in record.items() if alone.get(name) != value)
            message = f"{record.get('id')} reads otherwise by its id than in its list: {', '.join(changed)}"
            demand(not changed, message, blames=service)

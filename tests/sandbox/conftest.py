"""Files that run a whole platform come first, so that parallel workers end together; see also the drawing."""

from __future__ import annotations

import pytest

from tests.support import drawing

HERE = "tests/sandbox"
LONGEST_FIRST = (
    f"{HERE}/operations/test_golive_killed.py",
    f"{HERE}/journeys/test_post_rollback.py",
    f"{HERE}/faults/test_sabotage.py",
    f"{HERE}/test_rollback_killed.py",
    f"{HERE}/operations/test_planned_rollback.py",
    f"{HERE}/operations/test_drills.py",
    f"{HERE}/operations/test_way_back.py",
    f"{HERE}/operations/test_operating.py",
    f"{HERE}/operations/test_disturbances.py",
    f"{HERE}/faults/test_one_way_migration.py",
    f"{HERE}/journeys/test_synthetic.py",
    f"{HERE}/journeys/test_manners.py",
    f"{HERE}/test_rollback_end_to_end.py",
    f"{HERE}/journeys/test_load_users.py",
    f"{HERE}/journeys/test_browser.py",
    f"{HERE}/admin/test_gcloud.py",
    f"{HERE}/test_readme.py",
    f"{HERE}/plane/test_sandbox_command.py",
    f"{HERE}/services/test_api_gateway.py",
    f"{HERE}/services/test_auth_service.py",
)
"""By their time on a machine that does nothing else."""

drawing.register()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files in front: a scheduler that gives out whole files then keeps none for the end."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))

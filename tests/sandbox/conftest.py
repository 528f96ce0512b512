"""Files that run a whole platform come first, so that parallel workers end together; see also the drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import drawing
from tests.support.collecting import pytest_collection_finish
from tests.support.real_sandbox import RealSandbox, real_sandbox

__all__ = ["pytest_collection_finish"]
ROOT = Path(__file__).parents[2]
HERE = "tests/sandbox"
PLATFORM = re.compile(r"real_sandbox|local_platform|\"-m\", \"sandbox\", \"up\"")
"""What a file says when it starts nine services."""
LONGEST_FIRST = (
    f"{HERE}/operations/test_golive_killed.py",
    f"{HERE}/faults/test_sabotage.py",
    f"{HERE}/test_rollback_killed.py",
    f"{HERE}/test_pytest_gate.py",
    f"{HERE}/journeys/test_post_rollback.py",
    f"{HERE}/faults/test_one_way_migration.py",
    f"{HERE}/journeys/test_browser.py",
    f"{HERE}/operations/test_planned_rollback.py",
    f"{HERE}/operations/test_drills.py",
    f"{HERE}/journeys/test_synthetic.py",
    f"{HERE}/journeys/test_load_users.py",
    f"{HERE}/journeys/test_manners.py",
    f"{HERE}/test_rollback_end_to_end.py",
    f"{HERE}/load/test_limited_gateway.py",
    f"{HERE}/load/test_generator.py",
    f"{HERE}/admin/test_gcloud.py",
    f"{HERE}/operations/test_way_back.py",
    f"{HERE}/operations/test_operating.py",
    f"{HERE}/operations/test_disturbances.py",
    f"{HERE}/plane/test_sandbox_command.py",
    f"{HERE}/test_readme.py",
    f"{HERE}/journeys/test_journeys.py",
    f"{HERE}/services/test_api_gateway.py",
    f"{HERE}/services/test_auth_service.py",
    f"{HERE}/faults/test_own_code.py",
)
"""By their time on a machine that does nothing else."""

drawing.register()


def place(file: Path) -> int:
    """Return the place of a file in the order: listed ones, others that start a platform, the rest."""
    name = file.relative_to(ROOT).as_posix()
    if name in LONGEST_FIRST:
        return LONGEST_FIRST.index(name)
    return len(LONGEST_FIRST) + (0 if PLATFORM.search(file.read_text(encoding="utf-8")) else 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files in front: a scheduler that gives out whole files then keeps none for the end."""
    places = {file: place(file) for file in {item.path for item in items}}
    items.sort(key=lambda item: places[item.path])


@pytest.fixture(scope="session", autouse=True)
def wide_terminal() -> Iterator[None]:
    """Let the gate, here and in processes of its own, say each thing on one line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "500")
        yield


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory, wide_terminal: None) -> Iterator[RealSandbox]:
    """The whole platform, once for each worker."""
    with real_sandbox(tmp_path_factory.mktemp("shared")) as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(shared_sandbox: RealSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSandbox]:
    """The whole platform, lent to one file: healthy before and after, with a ledger of its own."""
    yield shared_sandbox.lent(tmp_path_factory.mktemp("lent"))
    shared_sandbox.heal()

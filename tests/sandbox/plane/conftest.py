"""One warmed zygote for all tests of a module, and a fresh data plane for each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.platform.spawner import Spawner, open_spawner
from tests.sandbox.plane.local_plane import LocalPlane, local_plane


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The data plane is asyncio's."""
    return "asyncio"


@pytest.fixture(scope="module")
async def spawner(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Spawner]:
    """A zygote that is warm."""
    opened = await open_spawner(tmp_path_factory.mktemp("zygote") / "zygote.log")
    yield opened
    await opened.close()


@pytest.fixture
async def local(spawner: Spawner, tmp_path: Path) -> AsyncIterator[LocalPlane]:
    """A data plane whose idle instances stay."""
    async with local_plane(spawner, tmp_path) as plane:
        yield plane


@pytest.fixture
async def hasty(spawner: Spawner, tmp_path: Path) -> AsyncIterator[LocalPlane]:
    """A data plane whose idle instances go at once."""
    async with local_plane(spawner, tmp_path, idle_s=0.0) as plane:
        yield plane

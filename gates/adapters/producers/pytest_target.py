"""The target of a pytest session: shipped by the controller, frozen by the gate, or found by its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gates.adapters.machine import settings
from gates.adapters.machine.way_out import settle
from gates.adapters.producers import targeting
from gates.adapters.producers.pytest_workers import TARGET, TARGET_KEY
from gates.errors import GateError
from gates.model.target import Demand, Target


def platform_of(config: pytest.Config) -> Path:
    """Return the folder of the platform that the session is about."""
    named = config.getoption("--gate-platform")
    return settings.platform_folder() if named is None else settings.from_root(named)


def load_target(config: pytest.Config) -> Target | None:
    """Return the target of this process; None for a session that is about no environment.

    Raises:
        pytest.UsageError: it cannot be read or found.
    """
    shipped = getattr(config, "workerinput", {}).get(TARGET_KEY)
    if shipped is not None:
        return targeting.target_from_json(shipped)
    try:
        if config.getoption("--env") is not None:
            settle(os.environ)
        if (path := config.getoption("--gate-target")) is not None:
            return targeting.target_from_json(Path(path).read_text(encoding="utf-8"))
        if (name := config.getoption("--env")) is not None:
            return targeting.find_target(platform_of(config), name)
    except (GateError, OSError) as error:
        cause = error.diagnostics() if isinstance(error, GateError) else str(error)
        raise pytest.UsageError(cause) from error
    return None


def demands_of(config: pytest.Config, ids: list[str], where: str) -> list[Demand]:
    """Return what the target demands for these criteria; `where` names the test that gives their evidence.

    Raises:
        pytest.UsageError: there is no target, or the catalogue does not have one of the criteria.
    """
    target = config.stash.get(TARGET, None)
    if target is None:
        raise pytest.UsageError(f"{where} produces evidence: name its target, for example --env sandbox")
    known = {demand.criterion: demand for demand in target.demands}
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise pytest.UsageError(
            f"{where} names criteria that the catalogue does not have: {', '.join(unknown)}"
        )
    return [known[name] for name in ids]

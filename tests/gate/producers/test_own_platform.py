"""Producers read the documents of the platform that was named, and of no other."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.readiness.security import contracts
from tests.validation.contract_session import pinned

SHIPPED = Path(__file__).parents[3] / "platforms" / "isectech"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A platform folder of one's own, whose auth-service has one operation."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "ours"))
    document = {"openapi": "3.1.0", "info": {"title": "ours"}, "paths": {"/only": {"get": {}}}}
    (folder / "openapi" / "auth-service.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "openapi" / "open-operations.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("GATE_PLATFORM", str(folder))
    for cached in (contracts.document, contracts.operations, contracts.reviewed_open):
        monkeypatch.setattr(contracts, cached.__name__, cached.__wrapped__)
    return folder


def test_the_contracts_of_the_named_platform_are_looked_at(own: Path) -> None:
    """Fuzzing, security and the comparison with what is served share one folder."""
    assert pinned("auth-service")["info"]["title"] == "ours"
    assert [one.path for one in contracts.operations("auth-service")] == ["/only"]
    assert contracts.reviewed_open() == {}

"""The generator's page gets target and identities, and nothing of the secrets stays."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gates.adapters.generator_page import open_page
from gates.model.platform import Impact
from gates.model.target import ServiceTarget, Target

_GENERATOR = """
import json, os, pathlib, sys
told = {name: os.environ[name] for name in ("LOAD_TARGET", "LOAD_IDENTITIES", "LOAD_HOST_HEADER")}
told["words"] = sys.argv[1:]
told["identities"] = json.loads(pathlib.Path(told["LOAD_IDENTITIES"]).read_text())
told["mode"] = oct(os.stat(told["LOAD_IDENTITIES"]).st_mode & 0o777)
pathlib.Path("told.json").write_text(json.dumps(told))
sys.exit(3)
"""


def target() -> Target:
    """Return a target with one identity that leads somewhere and one that does not."""
    return Target(
        environment="sandbox",
        fingerprint="f",
        project="p",
        region="r",
        service_name="{service}",
        services=(ServiceTarget(name="api-gateway", base_url="https://gw", revision="r", digest="d"),),
        public_urls=(("api-gateway", "https://api.test"),),
        allowed_impacts=(Impact.NOISY,),
        demands=(),
        identities=(("load", "env:TEST_LOAD_SECRET"), ("gone", "env:TEST_GONE")),
        addresses=(("api.test:443", "127.0.0.1:1"),),
    )


def test_the_generator_is_told_where_and_who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs with the mapped address and the real name; its file of secrets is its owner's, and goes."""
    monkeypatch.setenv("TEST_LOAD_SECRET", json.dumps({"username": "u"}))
    (tmp_path / "locust.py").write_text(_GENERATOR)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert open_page(target(), root=tmp_path, folder=tmp_path, port=5, more=("--headless",)) == 3

    told = json.loads((tmp_path / "told.json").read_text())
    assert told["identities"] == {"load": {"username": "u"}}
    assert told["mode"] == "0o600"
    assert told["LOAD_HOST_HEADER"] == "api.test"
    assert {"https://127.0.0.1:1", "127.0.0.1", "5", "--headless"} <= set(told["words"])
    assert not Path(told["LOAD_IDENTITIES"]).exists()
    assert json.loads(Path(told["LOAD_TARGET"]).read_text())["environment"] == "sandbox"
    assert sys.modules.get("locust") is None

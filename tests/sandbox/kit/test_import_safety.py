"""A warmed parent imports every service and forks: imports must leave nothing behind."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SERVICES = ("auth_service", "api_gateway", "frontend")

_SCRIPT = """
import builtins, os, sqlite3, sys, threading, asyncio
before = set(os.listdir("/proc/self/fd"))
environment = dict(os.environ)
class Watched(dict):
    def __getitem__(self, key):
        if key in FORBIDDEN: raise SystemExit(f"read {key} at import time")
        return super().__getitem__(key)
FORBIDDEN = {"PORT", "DATA_DIR", "MESH_URL", "SERVICE_NAME", "K_REVISION"}
os.environ._data = Watched(os.environ._data)
def refuse(*_arguments, **_options): raise SystemExit("opened a database at import time")
sqlite3.connect = refuse
__import__(sys.argv[1])
if threading.active_count() != 1: raise SystemExit("started a thread")
if len(os.listdir("/proc/self/fd")) > len(before): raise SystemExit("left a file open")
if asyncio._get_running_loop() is not None: raise SystemExit("runs a loop")
print("clean")
"""


@pytest.mark.parametrize("service", SERVICES)
def test_importing_a_service_does_nothing(service: str) -> None:
    """No environment, no file, no thread, no loop before `create_app`."""
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, f"sandbox.services.{service}.app"],
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.stdout.strip(), run.stderr) == ("clean", "")


_DOCUMENTS = """
import importlib, json, sys
apps = {name: importlib.import_module(f"sandbox.services.{name}.app").create_app() for name in sys.argv[1:]}
print(json.dumps({name: json.dumps(app.openapi(), sort_keys=True) for name, app in apps.items()}))
"""


@pytest.fixture(scope="module")
def documents() -> list[dict[str, str]]:
    """The OpenAPI document of each service, as processes that hash differently build it."""
    return [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", _DOCUMENTS, *SERVICES],
                env={"PYTHONPATH": ".", "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
        )
        for seed in ("1", "2")
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_an_app_can_be_built_without_an_environment(documents: list[dict[str, str]], service: str) -> None:
    """The OpenAPI document needs no running platform, and is the same each time."""
    first, second = (built[service] for built in documents)
    assert json.loads(first)["paths"]
    assert first == second

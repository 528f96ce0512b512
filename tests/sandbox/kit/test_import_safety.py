"""A warmed parent imports every service and forks: imports must leave nothing behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("service", ["auth_service", "api_gateway", "frontend"])
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


@pytest.mark.parametrize("service", ["auth_service", "api_gateway", "frontend"])
def test_an_app_can_be_built_without_an_environment(service: str) -> None:
    """The OpenAPI document needs no running platform, and is the same each time."""
    script = (
        f"import json; from sandbox.services.{service}.app import create_app;"
        "print(json.dumps(create_app().openapi(), sort_keys=True))"
    )
    documents = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": ".", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(documents) == 1

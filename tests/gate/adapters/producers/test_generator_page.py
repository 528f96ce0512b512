"""The generator's page gets target and identities, and nothing of the secrets stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gates.adapters.producers.generator_page import open_page
from tests.support.load_target import target

pytestmark = pytest.mark.processes

_GENERATOR = """
import json, os, pathlib, sys
SETTINGS = ("locust.conf", "pyproject.toml", "~/.locust.conf")
told = {name: os.environ[name] for name in ("LOAD_TARGET", "LOAD_IDENTITIES", "LOAD_HOST_HEADER")}
told["words"] = sys.argv[1:]
known = pathlib.Path(told["LOAD_IDENTITIES"])
told["identities"] = [json.loads(known.read_text()) for _ in range(2)]
told["links"] = os.stat(known).st_nlink
told["settings"] = [name for name in SETTINGS if pathlib.Path(name).expanduser().exists()]
pathlib.Path("told.json").write_text(json.dumps(told))
sys.exit(3)
"""


def test_the_generator_is_told_where_and_who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs with the mapped address and the real name; secrets are in a file that has no name."""
    monkeypatch.setenv("TEST_LOAD_SECRET", json.dumps({"username": "u"}))
    root, folder = tmp_path / "root", tmp_path / "run"
    folder.mkdir()
    root.mkdir()
    (root / "locust.py").write_text(_GENERATOR)

    assert open_page(target(), root=root, folder=folder, port=5, more=("--headless",)) == 3

    told = json.loads((folder / "told.json").read_text())
    assert told["identities"] == [{"load": {"username": "u"}}] * 2
    assert told["links"] == 0
    assert told["LOAD_HOST_HEADER"] == "api.test"
    assert {"https://127.0.0.1:1", "127.0.0.1", "5", "--headless"} <= set(told["words"])
    assert json.loads(Path(told["LOAD_TARGET"]).read_text())["environment"] == "sandbox"
    assert sys.modules.get("locust") is None


def test_settings_of_a_person_or_of_the_project_do_not_reach_the_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would read its options from three files: none of them is where it works."""
    root, home, folder = (tmp_path / name for name in ("root", "home", "run"))
    for one in (root, home, folder):
        one.mkdir()
    for file in (root / "locust.conf", root / "pyproject.toml", home / ".locust.conf"):
        file.write_text("headless = true\n")
    (root / "locust.py").write_text(_GENERATOR)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(root)
    open_page(target(), root=Path(), folder=folder, port=5)

    assert json.loads((folder / "told.json").read_text())["settings"] == []


def test_the_secrets_stand_in_no_folder_while_the_page_is_open(tmp_path: Path) -> None:
    """So nothing of them can stay when this process is killed."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "locust.py").write_text(_PAGE)
    variables = {
        **os.environ,
        "PYTHONPATH": str(Path.cwd()),
        "TMPDIR": str(tmp_path / "temporary"),
        "TEST_LOAD_SECRET": json.dumps({"password": "hidden-words"}),
    }
    with subprocess.Popen([sys.executable, "-c", _GATE, str(tmp_path)], env=variables) as gate:
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        gate.terminate()
    assert files
    assert not [path.name for path in files if b"hidden-words" in path.read_bytes()]
    assert list((tmp_path / "temporary").iterdir()) == []


_PAGE = """
import os, pathlib, signal, sys, threading
if "stubborn" in os.environ.get("KIND", ""):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("variables").write_text(repr(sorted(os.environ)))
pathlib.Path("pid").write_text(str(os.getpid()))
threading.Event().wait(60)
"""
_GATE = """
import pathlib, signal, sys
from tests.support.load_target import target
from gates.adapters.producers.generator_page import open_page
signal.signal(signal.SIGINT, signal.default_int_handler)
here = pathlib.Path(sys.argv[1])
try:
    sys.exit(open_page(target(), root=here, folder=here, port=5))
except KeyboardInterrupt:
    sys.exit(2)
"""


def is_running(pid: int) -> bool:
    """Whether a process exists."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen; the test fails when it does not."""
    pause = threading.Event()
    for _ in range(600):
        if condition():
            return
        pause.wait(0.05)
    pytest.fail("it did not happen in time")


@pytest.mark.parametrize("kind", ["gentle", "stubborn"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 2), (signal.SIGHUP, 2), (signal.SIGINT, 0)])
def test_a_signal_to_the_gate_alone_ends_the_page_first(
    tmp_path: Path, number: signal.Signals, code: int, kind: str
) -> None:
    """The generator is gone when the gate is, also one that does not listen; the port is free again."""
    (tmp_path / "locust.py").write_text(_PAGE)
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    variables = {**os.environ, "PYTHONPATH": path, "KIND": kind, "LOCUST_PROCESSES": "2", "LOAD_PLAN": "x"}
    with subprocess.Popen([sys.executable, "-c", _GATE, str(tmp_path)], env=variables) as gate:
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        gate.send_signal(number)
        assert gate.wait(30) == code
    assert not is_running(int((tmp_path / "pid").read_text()))
    assert "LOCUST_PROCESSES" not in (tmp_path / "variables").read_text()
    assert "LOAD_PLAN" not in (tmp_path / "variables").read_text()

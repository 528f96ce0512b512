"""Producers end in an order that lets them clean up; nothing of them and nothing raw stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from gates.adapters.machine import lifeline, processes, settings
from gates.adapters.machine.scratch import scratch
from gates.adapters.producers import leftovers
from gates.adapters.producers.producer_run import PytestProducers
from gates.cli.signals import finishing
from gates.model.evidence import EvidenceBundle
from tests.support.builders import criterion
from tests.support.fake_journal import FakeJournal
from tests.support.one_producer import PLUGINS, PRODUCER, TARGET

pytestmark = pytest.mark.processes

HANGS = """import os, pathlib, pytest, threading
@pytest.mark.criterion("HLT-LIVE")
def test_seed(service, made):
    folder = pathlib.Path(os.environ["GATE_RUN_FOLDER"])
    gone = made("the account of this test")
    try:
        (folder / "began").touch()
        threading.Event().wait(60)
        raise AssertionError("it was never interrupted")
    finally:
        {clean}
        (folder / "cleaned").touch()
"""
CLEANS, STAYS = "gone()", "pass"


def cut_short(root: Path, clean: str) -> EvidenceBundle:
    """Run a producer that hangs, and ask to stop as soon as it has begun."""
    folder = root / "tests" / "validation"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(HANGS.format(clean=clean))
    (root / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    producers = PytestProducers(root=root, announce=lambda _: None, is_stopped=(root / "began").exists)
    return producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=root, seconds=120)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of our own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_a_check_that_is_cut_short_cleans_up_and_is_no_failure(tmp_path: Path, temporary: Path) -> None:
    """Its own end says nothing of the platform; nothing raw stays."""
    bundle = cut_short(tmp_path, CLEANS)

    assert (tmp_path / "cleaned").exists()
    assert [(item.measurement, item.samples) for item in bundle.items] == [(None, 0)]
    assert "a signal ended the producers before everything was seen" in bundle.flaws
    assert not [flaw for flaw in bundle.flaws if "left behind" in flaw]
    assert list(temporary.iterdir()) == []


def test_what_could_not_be_taken_away_is_listed(tmp_path: Path, temporary: Path) -> None:
    """A person must know which account is still there."""
    bundle = cut_short(tmp_path, STAYS)

    assert "left behind in the platform: the account of this test" in bundle.flaws


def test_half_a_note_of_what_was_made_hides_no_other(tmp_path: Path) -> None:
    """A kill may come in the middle of a line."""
    leftovers.made(tmp_path, "an account")
    leftovers.made(tmp_path, "a channel")()
    with (tmp_path / "made.jsonl").open("a") as file:
        file.write('{"kind": "ma')

    assert leftovers.left_behind(tmp_path) == ("left behind in the platform: an account",)


def test_who_ignores_every_word_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    """Within seconds; its child too."""
    deaf = "trap '' INT TERM; (trap '' INT TERM; echo up; while :; do sleep 1; done) & wait"
    with subprocess.Popen(["bash", "-c", deaf], stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        processes.end(process)

        assert process.returncode == -signal.SIGKILL
        assert process.stdout.read() == b""  # nobody holds the other end any more


def test_raw_files_of_a_killed_process_go_with_the_next(temporary: Path) -> None:
    """Those of a living one stay, and so does what is not ours."""
    code = (
        "import sys\nfrom gates.adapters.machine.scratch import scratch\n"
        "with scratch('gate-test') as folder:\n"
        " (folder / 'raw').touch()\n print(folder, flush=True)\n sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    (temporary / "gate-test-foreign").mkdir()
    with subprocess.Popen(command, text=True, **streams) as killed:  # type: ignore[call-overload]
        left = Path(killed.stdout.readline().strip())
        with scratch("gate-test"):
            assert (left / "raw").exists()
        killed.kill()
        killed.wait()
    assert (left / "raw").exists()
    with scratch("gate-test") as mine:
        assert mine.parent.stat().st_mode & 0o077 == 0

    assert [one.name for one in temporary.iterdir()] == ["gate-test-foreign"]


CHILD = """
import sys
from gates.adapters.machine import lifeline
import threading
try:
    lifeline.hold_on()
    print("up", flush=True)
    threading.Event().wait(60)
except KeyboardInterrupt:
    print("cleaned", flush=True)
"""
PARENT = f"""
import os, subprocess, sys
from gates.adapters.machine import lifeline, settings
with lifeline.lifeline() as line:
    variables = {{**os.environ, settings.LIFELINE: str(line)}}
    child = [sys.executable, "-c", {CHILD!r}]
    subprocess.Popen(child, pass_fds=(line,), env=variables, start_new_session=True).wait()
"""


def test_producers_of_a_killed_gate_end_themselves() -> None:
    """SIGKILL gives the gate no chance to end them; they notice, and clean up."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as gate:
        assert gate.stdout is not None
        assert gate.stdout.readline() == "up\n"
        gate.kill()
        assert gate.stdout.readline() == "cleaned\n"
        assert gate.stdout.read() == ""  # the child is gone


def test_a_process_that_no_gate_started_watches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain pytest run goes on by itself."""
    monkeypatch.delenv(settings.LIFELINE, raising=False)
    before = threading.active_count()
    lifeline.hold_on()

    assert threading.active_count() == before


GATE = "import sys; sys.argv = ['gate', *sys.argv[1:]]; from gates.start import main; main()"


def interrupted(number: signal.Signals) -> tuple[int, str]:
    """Send a signal to a gate that waits inside a command; return its exit code and stderr."""
    code = (
        "import signal, threading\nfrom gates import cli, start\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background job ignores it
        "def wait(**_):\n print('waits', flush=True)\n threading.Event().wait(20)\n"
        "cli.gate.main = wait\nstart.main()\n"
    )
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, text=True, **streams) as gate:  # type: ignore[call-overload]
        assert gate.stdout.readline() == "waits\n"
        gate.send_signal(number)
        said = gate.stderr.read()
    return gate.returncode, said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_a_command_that_only_looks_with_two(number: signal.Signals) -> None:
    """Not with the shell's 128 and some, nor with 1."""
    assert interrupted(number) == (2, f"interrupted by {number.name}\n")


def test_what_is_to_ignore_hangups_goes_on(tmp_path: Path) -> None:
    """Started with nohup the gate outlives its terminal."""
    code = (
        "import os, signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nfrom gates import cli, start\n"
        "def hang_up(**_):\n os.kill(os.getpid(), signal.SIGHUP)\n return 10\n"
        "cli.gate.main = hang_up\nstart.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert done.returncode == 10


def test_a_signal_after_the_end_changes_no_exit_code() -> None:
    """Python takes its time to be gone, and has no handlers any more by then."""
    code = (
        "import os, signal, sys, types\nfrom gates import cli, start\n"
        "class Late:\n def __init__(self):\n  self.kill, self.me = os.kill, os.getpid()\n"
        " def __del__(self):\n  self.kill(self.me, 15)\n"
        "sys.modules['late'] = types.ModuleType('late')\nsys.modules['late'].late = Late()\n"
        "cli.gate.main = lambda **_: 11\nstart.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert (done.returncode, done.stderr) == (11, b"")


def test_a_signal_during_the_imports_leaves_with_two(tmp_path: Path) -> None:
    """Nothing was begun."""
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n")
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", GATE], env=variables, check=False, capture_output=True)

    assert (done.returncode, done.stderr) == (2, b"")


def test_a_signal_waits_until_the_traffic_of_a_go_live_is_moved() -> None:
    """Then it interrupts; begun again, the go-live goes on where it stood."""
    moved = []

    def move() -> None:
        with finishing(FakeJournal().hold("sandbox", "g")):
            os.kill(os.getpid(), signal.SIGTERM)
            moved.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        move()
    assert moved == ["all of it"]


def test_a_full_set_of_notes_is_json(tmp_path: Path) -> None:
    """Each line stands for itself."""
    leftovers.made(tmp_path, "an account")()
    lines = (tmp_path / "made.jsonl").read_text().splitlines()

    assert [json.loads(line)["kind"] for line in lines] == ["made", "gone"]

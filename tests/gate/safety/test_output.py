"""Printing never fails, never waits, and never decides how the gate ends."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from gates import cli
from gates.cli.output import Outlet, Printer, safe
from gates.model.exit_code import ExitCode

pytestmark = pytest.mark.processes

GATE = (sys.executable, "-c", "from gates.start import main; main()")


class Broken(io.TextIOWrapper):
    """A stream that fails as the disk or the pipe below it does."""

    def __init__(self, number: int) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")
        self.number, self.calls = number, 0

    def write(self, _text: str) -> int:
        """Fail."""
        self.calls += 1
        raise OSError(self.number, os.strerror(self.number))


def printed(text: str, *, into: io.TextIOWrapper) -> Outlet:
    """Write one text and a second one through an outlet, and wait until the printer tried."""
    printer = Printer()
    outlet = Outlet(into, printer)
    outlet.write(text)
    outlet.write(text)
    assert printer.drain(10)
    printer.end()
    return outlet


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EROFS])
def test_a_stream_that_failed_once_is_silent_from_then(number: int) -> None:
    """Nothing is raised, and nobody tries again."""
    stream = Broken(number)
    outlet = printed("said", into=stream)

    assert outlet.is_gone
    assert stream.calls == 1


def test_a_closed_stream_is_silent() -> None:
    """As one that was closed from the start is."""
    stream = io.TextIOWrapper(io.BytesIO())
    stream.close()

    assert printed("said", into=stream).is_gone
    assert Outlet(None, Printer()).is_gone


def test_what_a_reader_cannot_read_is_replaced() -> None:
    """An arrow on a terminal that knows ASCII alone ends nothing."""
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="ascii", errors="strict")
    outlet = printed("a → b", into=stream)

    assert below.getvalue() == b"a ? ba ? b"
    assert not outlet.is_gone


def test_a_reader_who_does_not_read_delays_nobody() -> None:
    """More is said than any pipe holds; the writer goes on, and the reader finds all of it in order."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as reader:
        printer = Printer()
        outlet = Outlet(stream, printer)
        for number in range(3000):
            outlet.write(f"{number:0100}\n")
        assert not printer.drain(0.05)
        got = [int(reader.readline()) for _ in range(3000)]
        assert printer.drain(10)
        printer.end()

    assert got == list(range(3000))


def test_click_and_warnings_go_through_the_outlets(capsys: pytest.CaptureFixture[str]) -> None:
    """Both streams are replaced for the block alone."""
    before = sys.stdout, sys.stderr
    with safe() as printer:
        click.echo("to stdout")
        click.echo("to stderr", err=True)
        assert isinstance(sys.stdout, Outlet)
        assert isinstance(sys.stderr, Outlet)
        assert printer.drain(10)

    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("to stdout\n", "to stderr\n")


def test_a_pipe_that_breaks_anywhere_else_is_a_defect_and_no_verdict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Click ends with 1, NO_GO, when anything says EPIPE."""

    def end(**_options: object) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(cli.gate, "main", end)
    assert cli.invoke(["run"]) is ExitCode.INTERNAL_ERROR


def left(shell: str, **variables: str) -> tuple[int, str]:
    """Run a line of bash in which `$GATE` is the gate; return its exit code and what it said."""
    words = " ".join(f"'{word}'" for word in GATE)
    done = subprocess.run(
        ["bash", "-c", f"GATE=({words}); {shell}"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("shell", "code"),
    [
        ('"${GATE[@]}" criteria list | head -1 >/dev/null; exit ${PIPESTATUS[0]}', 0),
        ('"${GATE[@]}" criteria list | true; exit ${PIPESTATUS[0]}', 0),
        ('"${GATE[@]}" criteria list >&-', 0),
        ('"${GATE[@]}" criteria list 2>&- | head -1', 0),
        ('"${GATE[@]}" criteria list <&- >&- 2>&-', 0),
        ('"${GATE[@]}" criteria list >/dev/full', 0),
        ('"${GATE[@]}" criteria list | (exec <&-); exit ${PIPESTATUS[0]}', 0),
        ('"${GATE[@]}" criteria explain NOTHING 2>/dev/full', 4),
        ('"${GATE[@]}" --nonsense 2>&-', 4),
    ],
)
def test_the_exit_code_is_the_commands_own_whoever_reads(shell: str, code: int) -> None:
    """A reader that goes, a stream that was closed or a disk that is full is no verdict."""
    assert left(shell)[0] == code


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_no_locale_ends_a_command(locale: str) -> None:
    """Arrows and umlauts are in what is printed."""
    variables = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    code, said = left('"${GATE[@]}" rollback services --env nowhere', **variables)

    assert code == ExitCode.USAGE_ERROR
    assert "?" in said


def test_a_broken_installation_is_no_verdict(tmp_path: Path) -> None:
    """Python itself would leave with 1, which is NO_GO."""
    (tmp_path / "click.py").write_text("raise ImportError('half installed')\n")
    done = subprocess.run(
        GATE, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == ExitCode.INTERNAL_ERROR
    assert "half installed" in done.stderr

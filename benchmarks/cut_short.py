"""What is left of a rollback or a run whose readers go away, or that a signal ends, at every point of it.

Needs a sandbox of its own, whose services it deploys and rolls back again and again:

    python -m sandbox up --state-dir DIR &
    GATE_ENDPOINTS_FILE=DIR/endpoints.json python benchmarks/cut_short.py readers --sandbox DIR
    GATE_ENDPOINTS_FILE=DIR/endpoints.json python benchmarks/cut_short.py signals --sandbox DIR --moments 20

`readers`: `gate rollback --all --yes` and `gate run --rollback auto`, with the reader of stdout, then of
stderr, gone after each line. Right is: the rollback is finished and on record, exit 0 or 11.
`signals`: SIGTERM and SIGHUP at moments spread over both. Right is: exit 2 or the action's own, no process
and no raw file left, and what is left of the rollback is finished by `gate rollback resume`.

Prints one line per trial and a JSON document at the end; leaves with 1 when a trial was not right.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gates.composition.environment import Context

GATE = [sys.executable, "-c", "from gates.start import main; main()"]
BAD = ("asset-discovery", "sandbox/asset-discovery:1.1.0-any-token")
ROLLBACK = ["rollback", "--all", "--yes", "--env", "sandbox"]
RUN = [
    *("run", "--env", "sandbox", "--stage", "immediate", "--rollback", "auto", "--fail-fast"),
    *("--only", "AUT-EXPIRED", "--format", "plain"),
]
GONE_WITHIN_S = 6.0
OVER = "was over"


@dataclass
class Trial:
    """One start of the gate that was cut short, and what came of it."""

    command: str
    cut: str
    code: int
    seconds: float
    wrong: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """A sandbox, and the gate that is pointed at it."""

    state: Path
    reports: Path

    def __post_init__(self) -> None:
        """Find the services."""
        self.house = Context("sandbox")
        self.names = self.house.platform.service_names
        self.good: dict[str, str] = {}

    def sandbox(self, *words: str) -> None:
        """Give an order to the sandbox."""
        command = [sys.executable, "-m", "sandbox", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def spoil(self, command: list[str]) -> None:
        """Let bad revisions serve, so that there is something to roll back."""
        if command is RUN:
            good = self.good.setdefault(BAD[0], self.serving(BAD[0]))
            if self.serving(BAD[0]) != good:  # the trial before left a bad one
                words = [*GATE, "rollback", BAD[0], "--to", good, "--yes", "--env", "sandbox"]
                variables = environment(self.reports, "between", self.state)
                subprocess.run(words, env=variables, check=True, stdout=subprocess.DEVNULL)
            self.sandbox("deploy", "--state-dir", str(self.state), "--to-latest", *BAD)
            return
        for name in self.names:
            if name not in self.good:
                self.good[name] = self.serving(name)
                words = ["--state-dir", str(self.state), "--to-latest", name, f"sandbox/{name}:1.0.1"]
                self.sandbox("deploy", *words)
        with ThreadPoolExecutor(len(self.names)) as pool:
            list(pool.map(lambda name: self.forward(name, None), self.names))

    def forward(self, service: str, revision: str | None) -> None:
        """Send all traffic of a service to a revision, or to its newest one."""
        traffic = self.house.ports.traffic
        state = traffic.describe(service)
        wanted = revision or state.latest_ready
        if state.sole_serving != wanted:
            traffic.write_traffic(service, state.traffic.all_to(wanted), state.etag)()

    def serving(self, service: str) -> str:
        """Return the revision that serves alone."""
        return self.house.ports.traffic.describe(service).sole_serving or ""

    def back(self, command: list[str]) -> list[str]:
        """Name the services that are not back where they were."""
        names = [BAD[0]] if command is RUN else self.names
        return [name for name in names if self.serving(name) != self.good[name]]


def environment(reports: Path, mark: str, scratch: Path) -> dict[str, str]:
    """Return the variables of one start of the gate; what it starts carries the mark."""
    return {**os.environ, "GATE_REPORTS": str(reports), "GATE_TRIAL": mark, "TMPDIR": str(scratch)}


def marked(mark: str) -> Iterator[str]:
    """Yield the command lines of living processes that carry the mark."""
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "environ").read_bytes():
                yield (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:120]
        except OSError:
            continue


def unfinished(variables: dict[str, str]) -> str:
    """Return what `gate rollback status` says of unfinished rollbacks."""
    done = subprocess.run(
        [*GATE, "rollback", "status", "--env", "sandbox"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return next((line for line in done.stdout.splitlines() if line.startswith("UNFINISHED")), "")


def read(scene: Scene, command: list[str], stream: str, lines: int, folder: Path) -> tuple[Trial, int]:
    """Start the gate, go away after so many lines, and look at what is left; also count the lines."""
    scene.spoil(command)
    variables = environment(scene.reports, uuid.uuid4().hex, folder)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: subprocess.PIPE}
    began = time.monotonic()
    with subprocess.Popen([*GATE, *command], env=variables, **pipes) as process:  # type: ignore[call-overload]
        reader = getattr(process, stream)
        seen = 0
        while seen < lines and reader.readline():
            seen += 1
        reader.close()
        code = process.wait()
    wanted = 11 if command is RUN else 0
    trial = Trial(command[0], f"{stream} gone after {seen} lines", code, round(time.monotonic() - began, 1))
    trial.wrong += [f"exit {code}"] if code != wanted else []
    trial.wrong += [f"{name} is not back" for name in scene.back(command)]
    trial.wrong += [said for said in [unfinished(variables)] if said]
    return trial, seen


def readers(scene: Scene, commands: list[list[str]], streams: list[str], most: int) -> Iterator[Trial]:
    """Try every line of every stream of every command."""
    for command in commands:
        for stream in streams:
            with tempfile.TemporaryDirectory() as folder:
                trial, count = read(scene, command, stream, 10_000, Path(folder))
                yield trial
            for lines in range(min(count, most)):
                with tempfile.TemporaryDirectory() as folder:
                    yield read(scene, command, stream, lines, Path(folder))[0]


def cut(scene: Scene, command: list[str], number: signal.Signals, after: float, folder: Path) -> Trial:
    """Start the gate, send a signal after so many seconds, and look at what is left."""
    scene.spoil(command)
    mark = uuid.uuid4().hex
    variables = environment(scene.reports, mark, folder)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*GATE, *command], env=variables, **quiet)  # type: ignore[call-overload]
    threading.Event().wait(after)
    was_over = process.poll() is not None
    began = time.monotonic()
    process.send_signal(number)
    code = process.wait()
    took = time.monotonic() - began
    word = OVER if was_over else f"{number.name} after {after:.2f} s"
    trial = Trial(command[0], word, code, round(took, 1))
    until = time.monotonic() + max(0.0, GONE_WITHIN_S - took)
    while (left := list(marked(mark))) and time.monotonic() < until:
        threading.Event().wait(0.1)
    trial.wrong += [f"still there: {one}" for one in left]
    trial.wrong += [f"raw: {one.name}" for one in folder.glob("gate-*")]
    trial.wrong += [] if code in ((2, 11, 12) if command is RUN else (0, 2, 12)) else [f"exit {code}"]
    if unfinished(variables):
        words = [*GATE, "rollback", "resume", "--env", "sandbox", "--yes"]
        done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
        trial.wrong += [] if done.returncode == 0 else [f"resume left with {done.returncode}: {done.stdout}"]
        trial.wrong += [f"{name} is not back after a resume" for name in scene.back(command)]
    trial.wrong += [said for said in [unfinished(variables)] if said]
    return trial


def signals(scene: Scene, commands: list[list[str]], moments: int) -> Iterator[Trial]:
    """Try moments that are spread over each command."""
    for command in commands:
        with tempfile.TemporaryDirectory() as folder:
            scene.spoil(command)
            began = time.monotonic()
            variables = environment(scene.reports, "whole", Path(folder))
            subprocess.run([*GATE, *command], env=variables, capture_output=True, check=False)
            whole = time.monotonic() - began
        for number in (signal.SIGTERM, signal.SIGHUP):
            for moment in range(moments):
                trial = None
                while trial is None or trial.cut == OVER:
                    with tempfile.TemporaryDirectory() as folder:
                        after = whole * (moment + 0.5) / moments
                        trial = cut(scene, command, number, after, Path(folder))
                    whole *= 0.9 if trial.cut == OVER else 1.0  # the machine became faster meanwhile
                yield trial


def main() -> int:
    """Run one series and print what was not right."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("series", choices=["readers", "signals"])
    parser.add_argument("--sandbox", type=Path, required=True, help="state directory of the sandbox")
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--most", type=int, default=1000, help="so many lines of each stream at most")
    parser.add_argument("--only", choices=["rollback", "run"], default=None)
    options = parser.parse_args()
    scene = Scene(options.sandbox, Path(tempfile.mkdtemp(prefix="cut-short-")))
    commands = [one for one in (ROLLBACK, RUN) if options.only in (None, one[0])]
    if options.series == "readers":
        trials = readers(scene, commands, ["stdout", "stderr"], options.most)
    else:
        trials = signals(scene, commands, options.moments)
    done = []
    for trial in trials:
        print(f"{'WRONG' if trial.wrong else 'right'}  {trial}", file=sys.stderr, flush=True)
        done.append(trial)
    wrong = [asdict(trial) for trial in done if trial.wrong]
    print(json.dumps({"trials": len(done), "right": len(done) - len(wrong), "wrong": wrong}, indent=2))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

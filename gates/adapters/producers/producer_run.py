"""Runs the pytest producers of a stage in a process of their own and reads what they wrote.

The exit status of pytest is not a verdict: it is only compared with what the evidence file announces. The
load generator and everything hostile stay out of the gate's own process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gates.adapters.machine import lifeline, processes, settings
from gates.adapters.machine.scratch import scratch
from gates.adapters.machine.writable import writing
from gates.adapters.producers import leftovers, producer_files, targeting
from gates.adapters.producers.producer_environment import producer_environment
from gates.adapters.producers.producer_tail import EvidenceTail
from gates.adapters.runs.allure_results import publish
from gates.aside import aside
from gates.evidence import pytest_results
from gates.model.criterion import Criterion
from gates.model.events import Event
from gates.model.evidence import EvidenceBundle
from gates.model.target import Target
from gates.reporting.redaction import Redactor

Workers = Callable[[Target, int], int]
"""Returns how many workers look at a target, for so many criteria."""
_PLUGINS = ("allure_pytest.plugin",)
"""All plugins that take part, beside those of the project's own conftest.py."""
_POLL_S = 0.2
_HURRY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """How the producers ended; `seen` is how much of the evidence stood there when they were asked to end."""

    status: int | None
    flaws: tuple[str, ...]
    seen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestProducers:
    """Collects evidence by running the tests that the criteria name.

    `root` is the project's root: node ids are relative to it. `announce` hears of every finished check.
    With `is_fail_fast` the run ends at the first blocking failure: one worker looks then, causes first. If
    it has less than a minute, no check waits for a one-time code, and looks share sessions for minutes.
    `seed` makes what producers generate another than usual. Once `is_stopped` says yes they are ended.
    `workers` says how many look at once.
    """

    root: Path
    announce: Callable[[Event], None]
    is_fail_fast: bool = False
    is_stopped: Callable[[], bool] = lambda: False
    seed: int | None = None
    workers: Workers = lambda _target, _criteria: 1
    redactor: Redactor = field(default_factory=Redactor)

    def collect(
        self, criteria: Sequence[Criterion], target: Target, *, folder: Path, seconds: float
    ) -> EvidenceBundle:
        """Run the producers of `criteria` against `target` for at most `seconds`.

        Writes `producers.log`, `producers.jsonl` and Allure results into `folder`. Nothing to run, a kill or
        a crash come back as flaws of the bundle, never as an exception.
        """
        folder = folder.absolute()  # the producers run in the root, wherever this process stands
        named = dict.fromkeys(producer for criterion in criteria for producer in criterion.producers)
        node_ids = producer_files.existing(named, root=self.root)
        if not named:  # what people alone attest has no producer
            return EvidenceBundle(items=())
        if not node_ids:
            return EvidenceBundle(items=(), flaws=("no producer of this stage exists",))
        target_file, evidence_file = folder / "target.json", folder / "producers.jsonl"
        with writing(target_file):
            target_file.write_text(targeting.target_to_json(target), encoding="utf-8")
        # What tests attach is raw; nothing raw gets into the run's folder, whatever ends this process.
        with scratch("gate-allure") as raw:
            workers = 1 if self.is_fail_fast else self.workers(target, len(criteria))
            command = self._command(node_ids, allure=raw, target=target_file, evidence=evidence_file)
            command += ["--gate-hurry"] if self.is_fail_fast and seconds < _HURRY_S else []
            command += ["-p", "xdist", f"--numprocesses={workers}"] if workers > 1 else []
            references = [reference for _, reference in target.identities]
            environment = producer_environment(os.environ, references=references, folder=folder)
            answered = {producer: one.id for one in reversed(criteria) for producer in one.producers}
            tail = EvidenceTail(evidence_file, self.announce, answered)
            ended = self._run(command, environment, tail, seconds)
            with aside("publishing what the tests attached"):
                publish(raw, folder / "allure-producers", self.redactor)
        seen = evidence_file.read_bytes()[: ended.seen] if evidence_file.exists() else b""
        bundle = pytest_results.parse(
            seen.decode(errors="replace"), exit_status=ended.status, is_cut=ended.status is None
        )
        left = leftovers.left_behind(folder)
        return EvidenceBundle(items=bundle.items, flaws=(*ended.flaws, *bundle.flaws, *left))

    def _command(self, node_ids: Sequence[str], *, allure: Path, target: Path, evidence: Path) -> list[str]:
        return [
            *(sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short"),
            *(part for plugin in _PLUGINS for part in ("-p", plugin)),
            f"--gate-target={target}",
            f"--gate-evidence={evidence}",
            *([f"--gate-seed={self.seed}"] if self.seed is not None else []),
            f"--alluredir={allure}",
            *(["--gate-fail-fast"] if self.is_fail_fast else []),
            *node_ids,
        ]

    def _run(
        self, command: list[str], environment: dict[str, str], tail: EvidenceTail, seconds: float
    ) -> _Ended:
        evidence = tail.path
        with evidence.with_name("producers.log").open("wb") as output, lifeline.lifeline() as line:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**environment, settings.LIFELINE: str(line)},
                pass_fds=(line,),
                start_new_session=True,
            )
            with processes.ended(process):
                status, flaws = self._watch(process, tail, seconds)
                # What a test says after it was asked to end is about its end, and not about the platform.
                seen = None if status is not None or not evidence.exists() else evidence.stat().st_size
            return _Ended(status=status, flaws=flaws, seen=seen)

    def _watch(
        self, process: subprocess.Popen[bytes], tail: EvidenceTail, seconds: float
    ) -> tuple[int | None, tuple[str, ...]]:
        left = seconds
        while left > 0 and not self.is_stopped():
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(min(_POLL_S, left))
                tail.read()
                return status, ()
            left -= _POLL_S
            tail.read()
        if self.is_stopped():
            return None, ("a signal ended the producers before everything was seen",)
        said = f"the producers did not finish within {seconds:g} s and were ended"
        return None, (f"{said}: allow more time with --deadline",)

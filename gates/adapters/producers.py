"""Runs the pytest producers of a stage in a process of their own and reads what they wrote.

The exit status of pytest is no verdict: it is only compared with what the evidence file announces. The load
generator and everything hostile stay out of the gate's own process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from gates.adapters import producer_files, targeting
from gates.adapters.allure_results import publish
from gates.adapters.producer_environment import producer_environment
from gates.adapters.producer_tail import EvidenceTail
from gates.evidence import pytest_results
from gates.model.criterion import Criterion
from gates.model.events import Event
from gates.model.evidence import EvidenceBundle
from gates.model.target import Target
from gates.reporting.redaction import Redactor

_PLUGINS = ("allure_pytest.plugin",)
"""All plugins that take part, beside those of the project's own conftest.py."""
_POLL_S = 0.2
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestProducers:
    """Collects evidence by running the tests that the criteria name.

    `root` is the project's root: node ids are relative to it. `announce` hears of every finished check.
    With `is_fail_fast` the run ends at the first blocking failure.
    `seed` makes what producers generate another than usual.
    """

    root: Path
    announce: Callable[[Event], None]
    is_fail_fast: bool = False
    seed: int | None = None
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
        target_file.write_text(targeting.target_to_json(target), encoding="utf-8")
        # What tests attach is raw; nothing raw gets into the run's folder, whatever ends this process.
        with TemporaryDirectory(prefix="gate-allure-") as raw:
            command = self._command(node_ids, allure=Path(raw), target=target_file, evidence=evidence_file)
            references = [reference for _, reference in target.identities]
            environment = producer_environment(os.environ, references=references, folder=folder)
            status, flaws = self._run(command, environment, evidence_file, seconds)
            publish(Path(raw), folder / "allure-producers", self.redactor)
        text = evidence_file.read_text(encoding="utf-8", errors="replace") if evidence_file.exists() else ""
        bundle = pytest_results.parse(text, exit_status=status)
        return EvidenceBundle(items=bundle.items, flaws=(*flaws, *bundle.flaws))

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
        self, command: list[str], environment: dict[str, str], evidence: Path, seconds: float
    ) -> tuple[int | None, tuple[str, ...]]:
        tail = EvidenceTail(evidence, self.announce)
        with evidence.with_name("producers.log").open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
            try:
                return self._watch(process, tail, seconds)
            finally:
                _end(process)

    def _watch(
        self, process: subprocess.Popen[bytes], tail: EvidenceTail, seconds: float
    ) -> tuple[int | None, tuple[str, ...]]:
        left = seconds
        while left > 0:
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(min(_POLL_S, left))
                tail.read()
                return status, ()
            left -= _POLL_S
            tail.read()
        return None, (f"the producers did not finish within {seconds:g} s and were ended",)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the producers' whole process group; nothing of them may outlive the gate's step."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            break

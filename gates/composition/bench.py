"""What the benchmark of an environment needs of the world."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gates.adapters.machine.settings import platform_folder, reports_folder
from gates.composition.environment import Context

_LONGEST_S = 900.0

if TYPE_CHECKING:
    from gates.adapters.runs.bench_results import BenchFolder
    from gates.model.bench import Arm
    from gates.model.verdict import Verdict
    from gates.workflows.bench import Bench, Trial


@contextmanager
def bench(context: Context, folder: Path, *, is_quick: bool) -> Iterator[Bench]:
    """Yield the benchmark of an environment, whose runs are kept below a folder."""
    from gates.adapters.machine.clock import SystemClock
    from gates.adapters.machine.command_lines import CommandLines
    from gates.workflows.bench import Bench
    from gates.workflows.bench_deployments import BenchDeployments

    clock = SystemClock()
    try:
        yield Bench(
            catalogue=context.catalogue,
            deployer=BenchDeployments(context.cloud, clock, context.environment.cloud_run_name),
            commands=CommandLines(),
            runs=GateRuns(context.environment_name, folder),
            clock=clock,
            is_quick=is_quick,
            is_known=lambda: not context.environment.identities or bool(context.known_credentials.accepted()),
        )
    finally:
        context.cloud.close()


def bench_arms(context: Context, folder: Path | None) -> tuple[Arm, ...]:
    """Return the arms that a folder's bench.yaml describes, the platform's own by default.

    Raises:
        DocumentError: it is missing or wrong.
    """
    from gates.adapters.documents.bench_document import load_bench

    return load_bench(folder or platform_folder(), context.platform, context.catalogue)


def bench_folder(name: str | None) -> BenchFolder:
    """Return the results of this name; without one they are named by the time."""
    from gates.adapters.runs.bench_results import BenchFolder
    from gates.model.record import checked_name

    name = checked_name(name or f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    return BenchFolder(reports_folder() / name)


@dataclass(frozen=True, slots=True)
class GateRuns:
    """Runs the gate in this process, each run in a folder of its own below the benchmark's."""

    environment: str
    folder: Path

    def verdict(self, trial: Trial) -> Verdict:
        """Take the release through the gate."""
        from gates.composition.runs import beginning
        from gates.workflows.request import Request

        with _variables(trial.variables):
            context = Context(self.environment)
            begun = beginning(context, _LONGEST_S, self.folder)(trial.run_id)
            request = Request(stage=trial.stage, run_id=trial.run_id, wanted=trial.wanted, only=trial.only)
            try:
                return begun.gate.run(request).verdict
            finally:
                context.cloud.close()

    def requests_until(self, run_id: str, moment: datetime) -> int | None:
        """Return how many requests that run had sent by a moment."""
        from gates.adapters.producers.request_count import requests_until

        return requests_until(self.folder / run_id / "producers.jsonl", moment)


@contextmanager
def _variables(given: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the block, its child processes included."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

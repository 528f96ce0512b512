"""What the benchmark of an environment needs of the world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gates.composition.environment import Context

if TYPE_CHECKING:
    from gates.model.bench import Arm
    from gates.workflows.bench import Bench, Runs


@contextmanager
def bench(context: Context, runs: Runs, *, is_quick: bool) -> Iterator[Bench]:
    """Yield the benchmark of an environment; `runs` runs the gate there."""
    from gates.adapters.documents.command_lines import CommandLines
    from gates.adapters.google.cloud_run_deployer import CloudRunDeployer
    from gates.adapters.machine.clock import SystemClock
    from gates.workflows.bench import Bench

    deployer = CloudRunDeployer(context.environment)
    try:
        yield Bench(
            catalogue=context.catalogue,
            deployer=deployer,
            commands=CommandLines(),
            runs=runs,
            clock=SystemClock(),
            is_quick=is_quick,
        )
    finally:
        deployer.close()


def bench_arms(context: Context, folder: Path) -> tuple[Arm, ...]:
    """Return the arms that a folder's bench.yaml describes.

    Raises:
        DocumentError: it is missing or wrong.
    """
    from gates.adapters.documents.bench_document import load_bench

    return load_bench(folder, context.platform, context.catalogue)

"""How long rolling every service back takes: as an emergency, as planned, and one service after another.

Needs a running platform whose services have at least two ready revisions each, best with an honest cloud:

    python -m sandbox up --operation-latency-s 0.5 --traffic-lag-s 1

    python benchmarks/rollback_nine.py --env sandbox --rounds 3

Prints one JSON document: seconds per mode (median and each round), and the share of the time of one after
another that each takes. Leaves with 1 when any rollback of any round was not proven.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from gates.actions.execute import ExecutionPolicy, Executor
from gates.actions.ports import RollbackPorts
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.composition.environment import Context
from gates.decision.rollback_plan import RollbackCase, plan_rollback
from gates.errors import ActionError
from gates.model.decision import RollbackPlan
from gates.model.platform import Platform
from gates.model.rollback_policy import RollbackStrategy
from gates.model.state import RevisionState


def newest_two(ports: RollbackPorts, service: str) -> tuple[RevisionState, RevisionState]:
    """Return the newest ready revision and the one before it.

    Raises:
        ActionError: the service has fewer than two.
    """
    ready = [revision for revision in ports.traffic.revisions(service) if revision.is_ready]
    if len(ready) < 2:
        raise ActionError(f"{service} has {len(ready)} ready revisions", next_step="deploy another one first")
    return ready[0], ready[1]


def plans_by_mode(
    platform: Platform, pairs: Sequence[tuple[RevisionState, RevisionState]]
) -> dict[str, tuple[RollbackPlan, RollbackStrategy]]:
    """Return the same rollbacks in three ways."""
    cases = [
        RollbackCase(service=name, bad=bad.name, reason="benchmark", revisions=(bad, good), wanted=good.name)
        for name, (bad, good) in zip(platform.service_names, pairs, strict=True)
    ]
    waves = plan_rollback(cases, platform.services)
    rules = platform.policy.rollback
    one_by_one = replace(waves, waves=tuple((action,) for action in waves.actions))
    return {
        "emergency": (waves, rules.emergency),
        "planned": (waves, rules.planned),
        "one_after_another": (one_by_one, rules.planned),
    }


def spoil(ports: RollbackPorts, plan: RollbackPlan) -> None:
    """Send all traffic to the revisions that the plan leaves, and wait until they answer."""

    def forward(service: str, revision: str) -> None:
        state = ports.traffic.describe(service)
        ports.traffic.write_traffic(service, state.traffic.all_to(revision), state.etag)()
        while ports.probe.answering_revision(service) != revision:
            ports.clock.wait(0.05)

    with ThreadPoolExecutor(max_workers=len(plan.actions)) as pool:
        done = [pool.submit(forward, action.service, action.from_revision) for action in plan.actions]
    for future in done:
        future.result()


def measure(
    ports: RollbackPorts, environment: str, plan: RollbackPlan, manner: RollbackStrategy
) -> tuple[float, int]:
    """Return the seconds of one execution and how many of its rollbacks were proven."""
    spoil(ports, plan)
    policy = ExecutionPolicy(manner=manner)
    executor = Executor(ports, environment=environment, run_id="benchmark", policy=policy)
    started = ports.clock.monotonic()
    receipts = executor.execute(plan)
    return ports.clock.monotonic() - started, sum(receipt.is_verified for receipt in receipts)


def main() -> int:
    """Run all modes in turn, round after round, and print the document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--env", default="sandbox")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    house = Context(options.env)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gate.sqlite3"
        ports = replace(house.ports, ledger=SqliteLedger(path), journal=SqliteJournal(path))
        pairs = [newest_two(ports, name) for name in house.platform.service_names]
        plans = plans_by_mode(house.platform, pairs)
        seconds: dict[str, list[float]] = {mode: [] for mode in plans}
        unproven = 0
        for _ in range(options.rounds):
            for mode, (plan, manner) in plans.items():
                taken, proven = measure(ports, options.env, plan, manner)
                seconds[mode].append(round(taken, 3))
                unproven += len(plan.actions) - proven
    medians = {mode: statistics.median(taken) for mode, taken in seconds.items()}
    slow = medians["one_after_another"]
    document = {
        "services": len(pairs),
        "waves": [len(wave) for wave in plans["planned"][0].waves],
        "rounds": options.rounds,
        "unproven": unproven,
        "seconds": seconds,
        "median_seconds": medians,
        "share_of_one_after_another": {mode: round(median / slow, 3) for mode, median in medians.items()},
    }
    print(json.dumps(document, indent=2))
    return 1 if unproven else 0


if __name__ == "__main__":
    sys.exit(main())

"""Follows the links of a document: what one operation made is handed to the next, in many orders."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder

from tests.validation.contract_checks import CHAIN_CHECKS
from tests.validation.contract_document import linked, with_open_answers, without_security
from tests.validation.contract_exchange import Exchange, UnreadableAnswerError
from tests.validation.contract_findings import Finding, plain
from tests.validation.contract_plan import ContractRun, Plan
from tests.validation.contract_run import look

STEPS = 6
BATCH = 4
"""Chains that Hypothesis draws together; a new batch starts from a seed of its own."""
REPEATING = "idempotency-key"
CHAINS = "chains of links"


class _TimeUpError(Exception):
    """Ends the chains."""


def run_chains(
    document: Mapping[str, Any],
    http: httpx.Client,
    headers: Mapping[str, str],
    left_out: frozenset[str],
    plan: Plan,
) -> ContractRun:
    """Walk along the links of a document; what is left out is asked only where a link leads to it.

    A document without links gives an empty run.
    """
    run, targets = ContractRun(), linked(document)
    if not targets:
        return run
    schema = schemathesis.openapi.from_dict(with_open_answers(without_security(document)))
    for label in left_out - targets:
        method, _, path = label.partition(" ")
        schema = schema.exclude(method=method, path=path)
    schema.config.phases.stateful.inference.algorithms = []
    machine = _machine(schema, run, Exchange(http, headers), time.monotonic() + plan.seconds)
    try:
        for number in range(plan.chains // BATCH):
            _batch(machine, plan.seed + number)
    except UnreadableAnswerError:
        return run
    except _TimeUpError:
        run.cut_short[CHAINS] = f"{run.requests} requests in {plan.seconds:g} s"
    return run


def _batch(machine: Any, number: int) -> None:
    """Walk a few chains. Each depends on what the ones before left behind, so a batch may end early."""
    walker: Any = type("Machine", (machine,), {})
    with suppress(FlakyStrategyDefinition):
        seed(number)(walker).run(settings=_settings())


def _settings() -> settings:
    return settings(
        max_examples=BATCH,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def _machine(schema: Any, run: ContractRun, exchange: Exchange, until: float) -> Any:
    """Return the state machine of a schema that sends through `exchange` and collects into `run`."""
    base: Any = schema.as_state_machine()

    class Machine(base):  # type: ignore[misc]
        def call(self, case: Any, **_options: Any) -> Any:
            if time.monotonic() > until:
                raise _TimeUpError
            label = str(case.operation.label)
            # A key that an earlier chain used would hand out what that chain made, and deleted.
            case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() != REPEATING}
            try:
                response = exchange.send(case)
            except UnreadableAnswerError as error:
                run.add(Finding(label, "unreadable_answer", plain(str(error))))
                raise
            run.statuses.setdefault(label, Counter())[response.status_code] += 1
            return Response.from_any(response)

        def validate_response(self, response: Any, case: Any, *_args: Any, **_options: Any) -> None:
            recorder: ScenarioRecorder = self.recorder
            look(run, str(case.operation.label), case, response, checks=CHAIN_CHECKS, recorder=recorder)

    return Machine

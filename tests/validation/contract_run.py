"""Generates requests from a pinned OpenAPI document and checks the answers: Schemathesis over our own client.

Bounded by examples, so that a run can be repeated: the same seed sends the same requests. The time for one
operation is bounded too; an operation whose time was up is not covered, and the run says so.

What the same seed creates, an earlier run may have created already. An operation that answered 409 and never
2xx is therefore tried with other seeds, which the run names.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import SkipTest

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode

from tests.validation.contract_checks import CHECKS, findings
from tests.validation.contract_document import requires_credentials, with_open_answers, without_security
from tests.validation.contract_exchange import Exchange, UnreadableAnswerError
from tests.validation.contract_findings import Finding, plain
from tests.validation.contract_plan import ContractRun, Plan

_MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
_DRAWS = 3
"""How often an operation is tried with another seed."""
_WRONG_CREDENTIALS: tuple[dict[str, str], ...] = ({}, {"Authorization": "Bearer nobody.knows.me"})


class _TimeUpError(Exception):
    """Ends the requests of one operation."""


def run_contract(
    document: Mapping[str, Any],
    http: httpx.Client,
    headers: Mapping[str, str],
    left_out: frozenset[str],
    plan: Plan,
) -> ContractRun:
    """Try every operation of a document that is not left out."""
    run, exchange = ContractRun(), Exchange(http, headers)
    schema = schemathesis.openapi.from_dict(with_open_answers(without_security(document)))
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.label in left_out:
            continue
        run.statuses[operation.label] = Counter()
        trial = _Trial(run, exchange, operation, plan)
        trial.run(is_guarded=requires_credentials(document, operation.path, operation.method))
    return run


class _Trial:
    """One operation, tried as the plan says."""

    def __init__(self, run: ContractRun, exchange: Exchange, operation: Any, plan: Plan) -> None:
        self._run, self._exchange, self._plan = run, exchange, plan
        self._operation, self._label = operation, str(operation.label)
        self._until = time.monotonic() + plan.seconds
        self._accepted: Any = None

    def run(self, *, is_guarded: bool) -> None:
        try:
            for strategy, count in self._strategies():
                self._generate(strategy, count, self._plan.seed)
            self._draw_again()
            if self._plan.is_deep:
                for case in self._boundaries():
                    self._send(case)
                if is_guarded:
                    self._try_wrong_credentials()
        except _TimeUpError:
            sent = sum(self._run.statuses[self._label].values())
            self._run.cut_short[self._label] = f"{sent} requests in {self._plan.seconds:g} s"

    def _strategies(self) -> Iterator[tuple[SearchStrategy[Any], int]]:
        for strategy in self._operation.get_strategies_from_examples():
            yield strategy, 1
        for mode in _MODES:
            yield self._operation.as_strategy(generation_mode=mode), self._plan.examples

    def _draw_again(self) -> None:
        """Send other valid requests if those of the planned seed met only records that exist already."""
        for _ in range(_DRAWS):
            if self._run.has_succeeded(self._label) or not self._run.statuses[self._label][409]:
                return
            number = secrets.randbits(32)
            self._run.drawn_again.setdefault(self._label, []).append(number)
            strategy = self._operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            self._generate(strategy, self._plan.examples, number)

    def _generate(self, strategy: SearchStrategy[Any], count: int, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def each(case: Any) -> None:
            self._send(case)

        try:
            each()
        except (Unsatisfiable, SkipTest):
            return

    def _boundaries(self) -> Iterator[Any]:
        schema = self._operation.schema
        yield from schema.iter_coverage_cases(
            self._operation,
            generation_modes=_MODES,
            generation_config=schema.config.generation_for(operation=self._operation, phase="coverage"),
        )

    def _send(self, case: Any) -> None:
        if time.monotonic() > self._until:
            raise _TimeUpError
        try:
            response = self._exchange.send(case)
        except UnreadableAnswerError as error:
            self._run.add(Finding(self._label, "unreadable_answer", f"{case.method}: {plain(str(error))}"))
            return
        self._run.statuses[self._label][response.status_code] += 1
        if self._accepted is None and response.is_success:
            self._accepted = case
        look(self._run, self._label, case, response)

    def _try_wrong_credentials(self) -> None:
        """Repeat what was accepted as nobody and as somebody unknown: it must be refused."""
        for headers in _WRONG_CREDENTIALS if self._accepted is not None else ():
            response = self._exchange.send(self._accepted, headers=headers)
            if response.is_success:
                who = "a token that nobody issued" if headers else "no token"
                said = f"answered {response.status_code} to {who}"
                self._run.add(Finding(self._label, "ignored_auth", said))


def look(run: ContractRun, label: str, case: Any, response: Any, **options: Any) -> None:
    """Check one answer; an answer that the checks themselves cannot read is a finding too."""
    try:
        case.validate_response(response, **{"checks": CHECKS, **options})
    except (AssertionError, BaseExceptionGroup) as error:
        for finding in findings(label, error):
            run.add(finding)
    except (ValueError, RecursionError) as error:
        run.add(Finding(label, "unreadable_answer", f"{type(error).__name__}: {plain(str(error))}"))

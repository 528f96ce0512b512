"""Executes and resumes a rollback that a person asked for, and says where every service stands.

The plan comes from `gates.workflows.rollback_planner`.
"""

from __future__ import annotations

from dataclasses import replace

from gates.actions.execute import ExecutionPolicy, Executor
from gates.actions.ports import Announce, RollbackPorts
from gates.errors import CloudError
from gates.model.decision import RollbackPlan
from gates.model.journal import UnfinishedRollback
from gates.model.platform import Environment, Platform
from gates.model.receipt import Receipt
from gates.model.state import Pin
from gates.workflows.rollback_planner import RollbackPlanner, for_each


class RollbackEngine(RollbackPlanner):
    """Carries out rollbacks in one environment, under the id of one run."""

    def __init__(
        self,
        environment: Environment,
        platform: Platform,
        ports: RollbackPorts,
        *,
        run_id: str,
        policy: ExecutionPolicy | None = None,
    ) -> None:
        super().__init__(environment, platform, ports)
        self.run_id = run_id
        self._policy = policy
        self._executor = Executor(ports, environment=environment.name, run_id=run_id, policy=policy)

    @property
    def policy(self) -> ExecutionPolicy:
        """How plans are carried out."""
        return self._policy or ExecutionPolicy()

    def execute(self, plan: RollbackPlan, announce: Announce) -> tuple[Receipt, ...]:
        """Carry the plan out and return one receipt for each action."""
        return self._executor.execute(plan, announce)

    def rehearse(self, plan: RollbackPlan, announce: Announce) -> tuple[Receipt, ...]:
        """Return what the plan would send; writes nothing."""
        return self._executor.rehearse(plan, announce)

    def unfinished(self) -> tuple[UnfinishedRollback, ...]:
        """Return the rollbacks of this environment that were begun and not finished.

        Raises:
            LedgerError: the journal cannot be read.
        """
        return self._ports.journal.unfinished(self._place)

    def resume(self, unfinished: UnfinishedRollback, announce: Announce) -> tuple[Receipt, ...]:
        """Do what is left of a rollback and return its receipts; what is done is not written again.

        The journal is read again first: another process may have finished the rollback meanwhile.

        Raises:
            LeaseHeldError: nothing is left but to close it, and another gate acts.
            LedgerError: nothing is left but to close it, and the journal cannot be written.
        """
        left = next((one for one in self.unfinished() if one.run_id == unfinished.run_id), None)
        if left is None:
            return ()
        if left.rest.actions:
            executor = Executor(self._ports, environment=self._place, run_id=left.run_id, policy=self._policy)
            return executor.execute(left.rest, announce)
        self.abandon(unfinished, "every service was back already")
        return ()

    def abandon(self, unfinished: UnfinishedRollback, why: str) -> None:
        """Close a rollback without doing what is left of it.

        Raises:
            LeaseHeldError: another gate acts.
            LedgerError: the journal cannot be written.
        """
        with self._ports.journal.hold(self._place, unfinished.run_id) as lease:
            lease.close(why)

    def pins(self) -> tuple[Pin, ...]:
        """Return where every service stands."""
        return tuple(for_each(self._platform.service_names, self._pin))

    def _pin(self, service: str) -> Pin:
        try:
            state = self._ports.traffic.describe(service)
        except CloudError as error:
            return Pin(service=service, trouble=error.cause)
        pin = Pin(
            service=service,
            serving=state.serving,
            latest=state.latest_ready,
            is_pinned=state.traffic.is_pinned,
            staged=state.traffic.behind if state.traffic.is_in_maintenance else None,
        )
        return replace(pin, made_for=self._made_for(pin)) if pin.leaves_newest else pin

    def _made_for(self, pin: Pin) -> str:
        """Return why the gate made the newest revision, empty for a release."""
        try:
            revisions = self._ports.traffic.revisions(pin.service)
        except CloudError:  # where everything stands is known all the same
            return ""
        newest = next((revision for revision in revisions if revision.name == pin.latest), None)
        is_made = newest is not None and newest.purpose is not None and not newest.is_release
        return newest.purpose.wording if is_made and newest and newest.purpose else ""

"""A journal for the parts of a procedure that holds the environment's lease as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gates.actions.ports import Journal, Lease
from gates.errors import LeaseHeldError
from gates.model.journal import UnfinishedRollback


class SharedLease:
    """Lends one lease to several parts, so that no other gate acts between two of them."""

    def __init__(self, inner: Journal, lease: Lease, environment: str) -> None:
        self._inner = inner
        self._lease = lease
        self._environment = environment

    @contextmanager
    def hold(self, environment: str, _run_id: str) -> Iterator[Lease]:
        """Lend the tenure, if it still counts.

        Raises:
            LeaseHeldError: the tenure is about another environment.
            LeaseLostError: another gate took over.
            LedgerError: the journal cannot be used.
        """
        if environment != self._environment:
            raise LeaseHeldError(f"this procedure acts in {self._environment}, not in {environment}")
        self._lease.confirm()
        yield self._lease

    def unfinished(self, environment: str) -> tuple[UnfinishedRollback, ...]:
        """Return what the journal says; raises LedgerError."""
        return self._inner.unfinished(environment)

"""Errors that the gate raises on purpose.

GateError
├── UsageError              bad arguments
├── DocumentError           a document that cannot be used: file, line, column, cause, next step
├── ConfigurationError      an environment that cannot be used (secret missing, endpoint unset)
├── CloudError              the cloud's API refused or did not answer
│   ├── NotFoundError           the thing does not exist
│   ├── ConflictError           it was changed in between: read again, decide again
│   ├── DeniedError             the credentials may not do this
│   │   └── CodesUsedError          every one-time code was used before: wait for the next one
│   ├── NotSignedInError        the sign-in failed, so the service was not asked
│   ├── NotAskedError           Cloud Run refused this caller, so the service was not asked
│   ├── QuotaError              too many requests: wait
│   ├── UnavailableError        no answer: the outcome of a write is unknown
│   └── OperationFailedError    the long-running operation ended with an error
├── EvidenceError           evidence that cannot be read
├── LedgerError             the ledger cannot be read or written
└── ActionError             an action that cannot be taken
    ├── LeaseHeldError          another gate acts in this environment
    └── LeaseLostError          another gate took over meanwhile
"""

from __future__ import annotations


class GateError(Exception):
    """Base of every error that the gate raises on purpose.

    `cause` is one sentence; `next_step` says what a person can do about it.
    """

    def __init__(self, cause: str, *, next_step: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.next_step = next_step

    def diagnostics(self) -> str:
        """Return cause and next step, one per line."""
        return f"{self.cause}\n  → {self.next_step}" if self.next_step else self.cause

    def in_one_line(self) -> str:
        """Return cause and next step in one line."""
        return f"{self.cause} → {self.next_step}" if self.next_step else self.cause


class UsageError(GateError):
    """Bad arguments."""


class DocumentError(GateError):
    """A document that cannot be used; the cause starts with file:line:column."""

    def __init__(self, cause: str, *, path: str, line: int = 1, column: int = 1, next_step: str = "") -> None:
        place = f"{path}:{line}:{column}" if line else path  # a folder has no lines
        super().__init__(f"{place}: {cause}", next_step=next_step)
        self.path, self.line, self.column = path, line, column


class ConfigurationError(GateError):
    """An environment that cannot be used."""


class CloudError(GateError):
    """The cloud's API refused or did not answer."""


class NotFoundError(CloudError):
    """The thing does not exist."""


class ConflictError(CloudError):
    """It was changed in between: read again and decide again."""


class DeniedError(CloudError):
    """The credentials may not do this."""


class CodesUsedError(DeniedError):
    """Every one-time code was used before: that says nothing about the platform."""


class NotSignedInError(CloudError):
    """The sign-in failed, so the service was not asked; the cause lies with another service."""


class NotAskedError(CloudError):
    """Cloud Run refused this caller or cannot be reached from here, so the service was not asked."""


class QuotaError(CloudError):
    """Too many requests: wait."""


class UnavailableError(CloudError):
    """No answer: the outcome of a write is unknown until it is read again."""


class OperationFailedError(CloudError):
    """The long-running operation ended with an error; the last serving state is kept."""


class EvidenceError(GateError):
    """Evidence that cannot be read."""


class LedgerError(GateError):
    """The ledger cannot be read or written."""


class ActionError(GateError):
    """An action that cannot be taken."""


class LeaseHeldError(ActionError):
    """Another gate acts in this environment."""


class LeaseLostError(ActionError):
    """Another gate took over meanwhile."""

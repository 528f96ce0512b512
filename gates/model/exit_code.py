"""The exit codes of the `gate` command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `gate`; no flag suppresses them. 0 to 5 agree with pytest's."""

    GO = 0
    """GO, or the command did what it was asked."""
    NO_GO = 1
    """The release must not go (on)."""
    INTERRUPTED = 2
    """Interrupted, or the deadline passed."""
    INTERNAL_ERROR = 3
    """A defect of the gate itself."""
    USAGE_ERROR = 4
    """Bad arguments, document or configuration; the message says where."""
    NOTHING_EVALUATED = 5
    """No criterion was evaluated."""
    INCONCLUSIVE = 10
    """Not enough evidence to say GO, none that says NO_GO."""
    ROLLED_BACK = 11
    """NO_GO, rolled back, and the platform was verified afterwards."""
    ACTION_FAILED = 12
    """An action failed: a human is needed now."""

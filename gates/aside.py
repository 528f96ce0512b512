"""Keeps errors of reporting away from actions.

Actions call listeners, notifiers and reports through here: what they raise becomes a printed note, and the
action goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_NOTES = logging.getLogger("gates.notes")


@contextmanager
def aside(what: str) -> Iterator[None]:
    """Do what only reports; `what` names it in the note when it fails."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever a report raises, it must not end what acts
        note(f"{what} went wrong: {type(error).__name__}: {error}")


def note(text: str) -> None:
    """Say what is missing beside what was done."""
    _NOTES.warning("gate: %s", text)


def heard(listener: Callable[[T], None], what: str) -> Callable[[T], None]:
    """Return the listener, whose errors become notes."""

    def tell(said: T) -> None:
        with aside(what):
            listener(said)

    return tell

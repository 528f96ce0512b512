"""Sessions of test identities that quick looks share.

A one-time code is good once, and there are two in a minute: the third look within a minute would wait longer
for a code than it may take. So such looks keep their sessions (`gates.adapters.machine.personal_files`) for a
few minutes and for one revision of the service that signs people in: a session that a bad revision gave is
not used against another.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from gates.adapters.machine.personal_files import PersonalFiles
from gates.model.target import Target

Keep = Callable[[str, Callable[[], str], Callable[[str], bool]], str]
"""`keep(name, make, is_good)`: the session of an identity that `make` makes, as text."""
_GOOD_FOR_S = 180.0


def keep_nothing(_name: str, make: Callable[[], str], _is_good: Callable[[str], bool]) -> str:
    """Return what `make` makes now."""
    return make()


class KeptSessions:
    """Implements `Keep`: what is kept is used as long as `is_good` says so."""

    def __init__(self, target: Target, files: PersonalFiles) -> None:
        issuers = [service for service in target.services if service.name == target.issuer]
        self._place = repr((target.environment, target.project, issuers, target.addresses))
        self._identities = dict(target.identities)
        self._files = files

    def __call__(self, name: str, make: Callable[[], str], is_good: Callable[[str], bool]) -> str:
        """Return the session of an identity; one that is not good is not kept."""
        who = f"{self._place} {name} {self._identities.get(name)}"
        entry = f"look-{hashlib.sha256(who.encode()).hexdigest()[:24]}"
        with self._files.locked(entry):
            text = _recent(self._files.read(entry))
            if not text or not is_good(text):
                text = make()
                if is_good(text):
                    self._files.write(entry, {"at": time.time(), "text": text})
        return text


def _recent(entry: dict[str, Any]) -> str:
    at, text = entry.get("at"), entry.get("text")
    is_recent = isinstance(at, int | float) and 0 <= time.time() - at < _GOOD_FOR_S
    return text if is_recent and isinstance(text, str) else ""

"""What the gate asks of a platform's services, and where: what differs from platform to platform.

`platform.yaml` says it; docs/reference/services.md says what is sent and what must be answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gates.errors import ConfigurationError

Part = TypeVar("Part")
RANDOM, BYTE = "random", "byte"
"""What a record may have the gate draw anew: eight hexadecimal digits, and a number from 1 to 254."""
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPaths:
    """Paths of every service: whether it lives, whether it is ready, which revision and version answers."""

    live: str = "/healthz"
    ready: str = "/readyz"
    version: str = "/version"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Signing in at one service with a password and a one-time code.

    `operator` is the identity that looks and acts for the gate. `witnesses` are two others, whose sessions
    show that a fallback or a restore does what it should. `who_am_i` answers 200 to a token that is good.
    """

    service: str
    operator: str
    witnesses: tuple[str, str]
    password: str
    one_time_code: str
    sign_out: str
    who_am_i: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFallback:
    """One service serves tokens that it remembers while the sign-in is silent; `path` reads and switches it.

    `check` is a harmless path of that service, which answers 200 to a token that it serves.
    """

    service: str
    path: str
    check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreakers:
    """Every service lists its circuit breakers at `path`; a POST to `PATH/NAME:reset` closes one."""

    path: str
    fallback: TokenFallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRecord:
    """A record that a restore drill writes: POST to `path`, GET and DELETE at `path/ID`.

    In the texts of `document`, `{random}` and `{byte}` are drawn anew, and `{SERVICE}` is the id of the
    record that was written there before. One that is not `removable` stays as a record of the drill.
    """

    service: str
    path: str
    document: tuple[tuple[str, str | tuple[str, ...] | int | bool], ...]
    removable: bool = False

    def fields(self) -> frozenset[str]:
        """Return the names in braces that the texts of the document hold."""
        found: set[str] = set()

        def note(name: str) -> str:
            found.add(name)
            return ""

        self.filled(note)
        return frozenset(found)

    def filled(self, value_of: Callable[[str], str]) -> dict[str, object]:
        """Return the document to send: each name in braces replaced by what `value_of` returns for it."""

        def filled(value: object) -> object:
            if isinstance(value, str):
                return _FIELD.sub(lambda found: value_of(found[1]), value)
            return [filled(one) for one in value] if isinstance(value, tuple) else value

        return {key: filled(value) for key, value in self.document}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProbe:
    """What a restore drill leaves in the platform's data: records, and with `session` a witness's session."""

    records: tuple[ProbeRecord, ...] = ()
    session: bool = False


def demanded_part(part: Part | None, key: str) -> Part:
    """Return a part of the service contract that platform.yaml must have for what is asked.

    Raises:
        ConfigurationError: it has none; the message names the key.
    """
    if part is None:
        raise ConfigurationError(
            f"platform.yaml has no {key}", next_step="add it as docs/reference/services.md describes"
        )
    return part

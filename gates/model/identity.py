"""Who a producer can be: a test identity of the platform."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A test identity; its secrets never show in its representation."""

    name: str
    username: str
    tenant: str
    roles: tuple[str, ...]
    password: str = field(repr=False)
    totp_secret: str = field(default="", repr=False)
    was_accepted: bool = False
    """Whether exactly these secrets opened the door here before: then a refusal speaks of the platform."""
    longest_wait_s: float = 35.0
    """How long a sign-in may wait for the next one-time code when the current ones were used before."""

"""What a known-bad revision is, and how one function becomes one.

    @known_bad("S05", "auth-service", "wrong passwords are not counted", "AUT-LOCKOUT")
    @replacing("services.auth_service.signin:refuse_if_locked")
    def lockout_off(*_: Any) -> None: ...

The function's name is the fault's slug. Below `known_bad` stands what is done with the function: `replacing`
puts it in the place of one of the service's own functions, `wrapping` gives it the whole app; there are more
ways in `request_faults` and `response_faults`. A revision is built in a process of its own, so nothing is put
back there. The platform's process imports this package, so services are imported when a revision is built.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application."""
Create = Callable[[], Any]
"""The service's healthy application factory."""
Build = Callable[[str, Create], App]
"""Builds a revision from the service's name and its healthy factory."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a revision is wrong, and the criteria that must notice it."""

    id: str
    slug: str
    services: tuple[str, ...]
    summary: str
    criteria: tuple[str, ...]
    build: Build
    """Called in the revision's own process."""
    has_arm: bool = True
    """Whether it makes an arm by itself; else the benchmark's document has one by hand, or names a test."""
    is_benign: bool = False
    """Whether nothing is wrong with it: a change that must pass everything."""


def known_bad(
    fault_id: str, services: str | Sequence[str], summary: str, *criteria: str, has_arm: bool = True
) -> Callable[[Build], Fault]:
    """Declare a fault of these services, and the criteria that must turn red."""
    named = (services,) if isinstance(services, str) else tuple(services)

    def declare(build: Build) -> Fault:
        return Fault(fault_id, _slug(build), named, summary, criteria, build, has_arm)

    return declare


def benign(fault_id: str, services: str | Sequence[str], summary: str) -> Callable[[Build], Fault]:
    """Declare a change that is right: no criterion may turn red."""
    named = (services,) if isinstance(services, str) else tuple(services)

    def declare(build: Build) -> Fault:
        return Fault(fault_id, _slug(build), named, summary, (), build, is_benign=True)

    return declare


def _slug(build: Build) -> str:
    return build.__name__.replace("_", "-")


def replacing(*targets: str) -> Callable[[Callable[..., Any]], Build]:
    """Put a function in the place of others; it is called with the genuine one before the arguments."""

    def to_build(replacement: Callable[..., Any]) -> Build:
        @wraps(replacement)
        def build(_service: str, create: Create) -> App:
            for target in targets:
                replace(target, replacement)
            app: App = create()
            return app

        return build

    return to_build


def replace(target: str, replacement: Callable[..., Any]) -> None:
    """Put a function in the place of `target`, such as `kit.identity:Principal.has_any`."""
    module_name, _, path = target.partition(":")
    owner_path, _, name = path.rpartition(".")
    owner = resolve(f"{module_name}:{owner_path}")
    genuine = getattr(owner, name)

    @wraps(genuine)
    def replaced(*arguments: Any, **options: Any) -> Any:
        return replacement(genuine, *arguments, **options)

    @wraps(genuine)
    async def replaced_coroutine(*arguments: Any, **options: Any) -> Any:
        return await replacement(genuine, *arguments, **options)

    setattr(owner, name, replaced_coroutine if iscoroutinefunction(genuine) else replaced)


def resolve(target: str) -> Any:
    """Import what a `module:name` below `sandbox` names; the module itself when there is no name."""
    return pkgutil.resolve_name(f"sandbox.{target}")


def wrapping(wrap: Callable[[Any], App]) -> Build:
    """Build the healthy app and hand it to a function that returns the one to serve."""

    @wraps(wrap)
    def build(_service: str, create: Create) -> App:
        return wrap(create())

    return build


ALL = (
    *("frontend", "api-gateway", "auth-service", "asset-discovery", "event-processor"),
    *("threat-detection", "behavioral-analysis", "decision-engine", "nlp-assistant"),
)
"""Every service."""

TAKING_TOKENS = ALL[1:]
"""Services that check a bearer token themselves."""

"""The known-bad revisions that an image reference `sandbox/<service>:<version>-<fault>` can name."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from sandbox.faults import (
    authentication,
    availability,
    behaviour,
    benign,
    contract,
    infrastructure,
    journeys,
    records,
    security_access,
    security_assistant,
    security_input,
    security_signin,
    security_tokens,
    signin,
    tokens,
    traffic,
)
from sandbox.faults.fault import Fault

SECURITY = (security_tokens, security_signin, security_access, security_input, security_assistant)
_MODULES = (
    *(authentication, behaviour, journeys, tokens, signin, traffic, availability, records),
    *(*SECURITY, contract, infrastructure, benign),
)


def faults_of(*modules: ModuleType) -> tuple[Fault, ...]:
    """Return the faults that modules declare, in the order of their declaration."""
    return tuple(one for module in modules for one in vars(module).values() if isinstance(one, Fault))


FAULTS: Mapping[str, Fault] = {fault.slug: fault for fault in faults_of(*_MODULES)}
"""Every fault by its slug. Ids M.. are the known-bad revisions of the benchmark, A.. are further ones."""


def find(service: str, slug: str) -> Fault | None:
    """Find a fault by its slug; None when there is none or it does not apply to the service."""
    fault = FAULTS.get(slug)
    return fault if fault is not None and service in fault.services else None

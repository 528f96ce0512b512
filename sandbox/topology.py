"""The sandbox's own platform as plain values: nine services and how each is reached."""

from __future__ import annotations

import os
from dataclasses import dataclass

VARIABLE = "SANDBOX_ENVIRONMENT"
"""The environment that a process and all below it run as; without it `sandbox`."""
ENVIRONMENT = os.environ.get(VARIABLE, "sandbox")
_PLACES = {
    "sandbox": ("isectech-sandbox", 112233445566, "isectech.test"),
    "staging": ("isectech-staging", 223344556677, "staging.isectech.test"),
    "production": ("isectech-security-platform", 334455667788, "isectech.test"),
}
ENVIRONMENTS = tuple(_PLACES)
if ENVIRONMENT not in _PLACES:
    raise ValueError(f"{VARIABLE} is one of {', '.join(ENVIRONMENTS)}, not {ENVIRONMENT!r}")
PROJECT, NUMBER, PUBLIC_DOMAIN = _PLACES[ENVIRONMENT]
REGION = "us-central1"
RUN_DOMAIN = "run.test"
SALT = "" if ENVIRONMENT == "sandbox" else f" of {ENVIRONMENT}"
"""What goes into every secret that is born with an environment, so that no other environment knows it."""
HOST_TEMPLATE = f"isectech-{{service}}-{ENVIRONMENT}.{REGION}.{RUN_DOMAIN}"
"""Host of a service by its short name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxService:
    """One service of the platform as the sandbox runs it."""

    name: str
    public_host: str = ""
    """Host under the public domain; empty for a service that only the inside may reach."""
    min_instances: int = 1
    max_instances: int = 4
    concurrency: int = 80

    @property
    def ingress(self) -> str:
        """Ingress rule: services without a public host answer only to the inside."""
        return "all" if self.public_host else "internal"

    @property
    def cloud_run_name(self) -> str:
        return cloud_run_name(self.name)

    @property
    def module(self) -> str:
        """Python module that holds the service's application factory."""
        return f"sandbox.services.{self.name.replace('-', '_')}.app"


SERVICES: tuple[SandboxService, ...] = (
    SandboxService(name="auth-service"),
    SandboxService(name="api-gateway", public_host=f"api.{PUBLIC_DOMAIN}"),
    SandboxService(name="frontend", public_host=f"app.{PUBLIC_DOMAIN}"),
    SandboxService(name="asset-discovery"),
    SandboxService(name="event-processor"),
    SandboxService(name="threat-detection"),
    SandboxService(name="behavioral-analysis"),
    SandboxService(name="decision-engine"),
    SandboxService(name="nlp-assistant"),
)


def cloud_run_name(service: str, environment: str = ENVIRONMENT) -> str:
    """Return how Cloud Run calls a service of an environment, by its short name."""
    return f"isectech-{service}-{environment}"


def service_named(name: str) -> SandboxService | None:
    """Find a service by its short name (`auth-service`) or its Cloud Run name."""
    return next((service for service in SERVICES if name in (service.name, service.cloud_run_name)), None)


def public_hosts() -> dict[str, str]:
    """Public host of each service that has one, by short service name."""
    return {service.name: service.public_host for service in SERVICES if service.public_host}

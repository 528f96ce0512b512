"""The sandbox's own platform as plain values: nine services and how each is reached."""

from __future__ import annotations

from dataclasses import dataclass

PROJECT = "isectech-sandbox"
REGION = "us-central1"
ENVIRONMENT = "sandbox"
RUN_DOMAIN = "run.test"
PUBLIC_DOMAIN = "isectech.test"
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
        return f"isectech-{self.name}-{ENVIRONMENT}"

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


def service_named(name: str) -> SandboxService | None:
    """Find a service by its short name (`auth-service`) or its Cloud Run name."""
    return next((service for service in SERVICES if name in (service.name, service.cloud_run_name)), None)


def public_hosts() -> dict[str, str]:
    """Public host of each service that has one, by short service name."""
    return {service.name: service.public_host for service in SERVICES if service.public_host}

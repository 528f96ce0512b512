"""The environment of an instance: Cloud Run's variables, the sandbox's, and the container's own. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox import topology
from sandbox.platform.contract import RevisionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceContext:
    """What all instances of a sandbox have around them."""

    state_dir: Path
    mesh_url: str
    metadata_host: str = ""
    """Address of the services' metadata server; empty if the front end asks for no tokens."""

    @property
    def data_dir(self) -> Path:
        return self.state_dir / "data"

    @property
    def secrets_dir(self) -> Path:
        return self.state_dir / "secrets"

    @property
    def logs_dir(self) -> Path:
        return self.state_dir / "logs"

    @property
    def shared(self) -> dict[str, str]:
        """Variables that every instance of the sandbox has."""
        return {
            "ENVIRONMENT": topology.ENVIRONMENT,
            "PROJECT": topology.PROJECT,
            "DATA_DIR": str(self.data_dir),
            "SECRETS_DIR": str(self.secrets_dir),
            "MESH_URL": self.mesh_url,
            "SERVICE_HOST_TEMPLATE": topology.HOST_TEMPLATE,
            **({"GCE_METADATA_HOST": self.metadata_host} if self.metadata_host else {}),
        }

    def of(self, spec: RevisionSpec) -> dict[str, str]:
        """Variables of an instance: the container's win over the sandbox's, Cloud Run's over all."""
        service = topology.service_named(spec.service)
        return {
            "SERVICE_NAME": service.name if service is not None else spec.service,
            **self.shared,
            **spec.env,
            "K_SERVICE": spec.service,
            "K_REVISION": spec.revision,
            "K_CONFIGURATION": spec.service,
            "IMAGE": spec.image,
            "IMAGE_DIGEST": spec.digest,
        }

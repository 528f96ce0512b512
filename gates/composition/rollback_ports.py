"""What a rollback needs of the world, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gates.actions.ports import Journal, Ledger, RollbackPorts
    from gates.adapters.google.cloud_run import CloudRun
    from gates.model.platform import Environment


def rollback_ports(
    environment: Environment, cloud: CloudRun, ledger: Ledger, journal: Journal, version_path: str
) -> RollbackPorts:
    """Return the ports; services say at `version_path` which revision they are."""
    from gates.actions.ports import RollbackPorts
    from gates.adapters.google.image_registry import ImageRegistry
    from gates.adapters.machine.clock import SystemClock
    from gates.adapters.services.version_probe import VersionProbe

    return RollbackPorts(
        traffic=cloud,
        probe=VersionProbe(environment, cloud, path=version_path),
        ledger=ledger,
        clock=SystemClock(),
        journal=journal,
        images=ImageRegistry(environment),
    )

"""The control plane as one object: what the fronts call and what the sandbox composes."""

from __future__ import annotations

from sandbox.platform.admin.iam import Policies
from sandbox.platform.admin.names import Location
from sandbox.platform.admin.reconcile import Reconciler
from sandbox.platform.admin.revisions import Revisions
from sandbox.platform.admin.services import Services
from sandbox.platform.admin.state import State
from sandbox.platform.contract import DataPlane, KnobBoard


class ControlPlane:
    """Cloud Run's admin API for one project and region, driving a data plane.

    Args:
        data_plane: Runs revisions and routes requests.
        knobs: How inconvenient the cloud is; a change takes effect at once.
        project: The one project that exists.
        region: The one region that exists.
        domain: Service URLs are `https://SERVICE.REGION.DOMAIN`.
    """

    def __init__(
        self,
        data_plane: DataPlane,
        knobs: KnobBoard,
        project: str,
        region: str,
        *,
        domain: str = "run.test",
    ) -> None:
        self.location = Location(project=project, region=region, domain=domain)
        self.knobs = knobs
        self.state = State(self.location, knobs)
        self._reconciler = Reconciler(self.state, data_plane)
        self.services = Services(self.state, data_plane, self._reconciler)
        self.revisions = Revisions(self.state)
        self.policies = Policies(self.state)
        self.operations = self.state.operations

    async def close(self) -> None:
        await self._reconciler.close()

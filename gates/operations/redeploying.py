"""Recovering a service from a recorded image: the image of the revision that serves, or of an earlier one."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from gates.model.configuration import NewRevision
from gates.model.operation import OperationReceipt
from gates.model.state import Purpose
from gates.operations.performing import Change, Performer
from gates.operations.ports import Configuration


class Redeployment:
    """Makes copies of revisions that existed; `cloud_name` gives the cloud's name of a service."""

    def __init__(
        self, configuration: Configuration, performer: Performer, cloud_name: Callable[[str], str]
    ) -> None:
        self._configuration = configuration
        self._performer = performer
        self._cloud_name = cloud_name

    def redeploy(self, service: str, source: str | None, *, is_dry: bool) -> OperationReceipt:
        """Deploy a copy of `source`, or of what serves; it takes over the traffic.

        Raises:
            CloudError: the service cannot be read.
        """
        settings = self._configuration.settings(service)
        serving = max(settings.serving, key=lambda pair: pair[1], default=(settings.latest_ready, 0))[0]
        wanted = source or serving
        revision = f"{self._cloud_name(service)}-again-{secrets.token_hex(3)}"
        split = settings.traffic if not settings.traffic.is_pinned else settings.traffic.all_to(revision)
        change = Change(
            action="redeploy",
            subject=service,
            before=serving,
            after=f"{revision}, a copy of {wanted}",
            calls=(
                (
                    f"google.cloud.run.v2.Services/UpdateService service={service}"
                    f" update_mask=template,traffic template=copy of {wanted} revision={revision}"
                ),
            ),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            new = NewRevision(name=revision, purpose=Purpose.REDEPLOY, traffic=split, over=settings.traffic)
            self._configuration.redeploy(service, wanted, new)
            return f"{revision} runs the image of {wanted}"

        return self._performer.perform(change, act)

"""Deployments that are wrong in their configuration alone: no image can show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from google.cloud import run_v2
from google.protobuf import field_mask_pb2

from sandbox import topology
from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import DEFAULT_CALLER

_VICTIM: Final = "decision-engine"
_LEAK: Final = "UPSTREAM_API_KEY"
Change = Callable[[Any], None]
"""Changes a container in place."""


def offer(board: Disturbances, control: ControlPlane) -> None:
    """Offer revisions of one service whose variables are wrong; mending makes a right one."""
    board.offer(
        "plain-secret",
        f"A revision of {_VICTIM} holds a secret as a plain variable",
        ("SEC-05",),
        lambda is_wrong: _deploy(control, _add_leak if is_wrong else _remove_leak),
    )
    board.offer(
        "secret-unpinned",
        f"A revision of {_VICTIM} takes the latest version of its secret",
        ("SEC-05",),
        lambda is_wrong: _deploy(control, _take("latest" if is_wrong else "1")),
    )


def _deploy(control: ControlPlane, change: Change) -> None:
    """Give the service a revision with a changed container."""
    service = topology.service_named(_VICTIM)
    if service is None:
        raise LookupError(_VICTIM)
    name = control.location.service_name(service.cloud_run_name)
    wanted = run_v2.Service.pb()()
    wanted.CopyFrom(control.state.service(name))
    wanted.template.revision = ""
    wanted.etag = ""
    change(wanted.template.containers[0])
    mask = field_mask_pb2.FieldMask(paths=["template"])
    update = run_v2.UpdateServiceRequest.pb()(service=wanted, update_mask=mask)
    control.services.update_service(update, DEFAULT_CALLER)


def _add_leak(container: Any) -> None:
    container.env.add(name=_LEAK, value="b7f5d2c1a9e84c6f9d3b2a1e8c7f6d5a")


def _remove_leak(container: Any) -> None:
    kept = [variable for variable in container.env if variable.name != _LEAK]
    del container.env[:]
    container.env.extend(kept)


def _take(version: str) -> Change:
    def change(container: Any) -> None:
        for variable in container.env:
            if variable.HasField("value_source"):
                variable.value_source.secret_key_ref.version = version

    return change

"""Field masks: which part of a service an update may and does replace."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf import field_mask_pb2

from sandbox.platform.admin.messages import Service
from sandbox.platform.api_errors import Violation, invalid

WRITABLE = frozenset(
    {
        "annotations", "binary_authorization", "build_config", "client", "client_version", "custom_audiences",
        "default_uri_disabled", "description", "iap_enabled", "ingress", "invoker_iam_disabled", "labels",
        "launch_stage", "multi_region_settings", "scaling", "template", "traffic",
    }
)  # fmt: skip
"""Every other field is for output only."""

IDENTIFYING = frozenset({"name", "etag"})
"""Paths that name the service and its version, and change nothing."""


def apply(source: Service, target: Service, paths: Sequence[str]) -> None:
    """Replace in `target` what the mask names by what `source` has; an empty mask or `*` means everything.

    Raises:
        ApiError: INVALID_ARGUMENT for a path that does not exist, is for output only, or leads into a list.
    """
    wanted = sorted(WRITABLE) if not paths or list(paths) == ["*"] else set(paths) - IDENTIFYING
    violations = [
        Violation("update_mask", f"'{path}' is unknown, for output only, or leads into a list")
        for path in wanted
        if path.partition(".")[0] not in WRITABLE
        or not field_mask_pb2.FieldMask(paths=[path]).IsValidForDescriptor(Service.DESCRIPTOR)
    ]
    if violations:
        raise invalid(violations)
    field_mask_pb2.FieldMask(paths=wanted).MergeMessage(source, target, True, True)

"""Field masks: which part of a service an update may and does replace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    wanted = sorted(WRITABLE) if not paths or list(paths) == ["*"] else list(paths)
    violations = [violation for path in wanted for violation in _violations(path)]
    if violations:
        raise invalid(violations)
    for path in wanted:
        if path not in IDENTIFYING:
            _replace(source, target, path.split("."))


def _violations(path: str) -> list[Violation]:
    root, *rest = path.split(".")
    if path in IDENTIFYING:
        return []
    if root not in WRITABLE:
        return [Violation("update_mask", f"'{path}' is unknown or for output only")]
    field = Service.DESCRIPTOR.fields_by_name[root]
    for part in rest:
        inner = None if field.is_repeated or field.message_type is None else field.message_type
        if inner is None or part not in inner.fields_by_name:
            return [Violation("update_mask", f"'{path}' names no single field")]
        field = inner.fields_by_name[part]
    return []


def _replace(source: Any, target: Any, parts: Sequence[str]) -> None:
    *parents, leaf = parts
    for parent in parents:
        source, target = getattr(source, parent), getattr(target, parent)
    field = source.DESCRIPTOR.fields_by_name[leaf]
    value = getattr(source, leaf)
    target.ClearField(leaf)
    if field.is_repeated:
        getattr(target, leaf).MergeFrom(value)
    elif field.message_type is not None:
        if source.HasField(leaf):
            getattr(target, leaf).CopyFrom(value)
    elif value or (field.has_presence and source.HasField(leaf)):
        setattr(target, leaf, value)

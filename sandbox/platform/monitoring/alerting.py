"""Alert policies and notification channels: AlertPolicyService and NotificationChannelService."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox.platform.api_errors import ApiError, Violation
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.conditions import ConditionReader
from sandbox.platform.requests import require_project

CHANNEL_LABELS: Final[Mapping[str, str]] = {
    "email": "email_address",
    "slack": "channel_name",
    "pubsub": "topic",
    "webhook_tokenauth": "url",
}
"""Type of a channel and the label that it cannot do without."""
_MOST_CONDITIONS: Final = 6


class _Policies(Collection):
    """Policies, which give their conditions names."""

    def add(self, parent: str, message: Any, identifier: str = "") -> Any:
        """Keep a new policy, switched on unless it says otherwise."""
        kept = super().add(parent, message, identifier)
        if not kept.HasField("enabled"):
            kept.enabled.value = True
        for number, condition in enumerate(kept.conditions, start=1):
            condition.name = f"{kept.name}/conditions/{number}"
        return kept


class Alerting:
    """All policies and channels of the project."""

    def __init__(self, project: str, reader: ConditionReader) -> None:
        self._reader = reader
        own = partial(require_project, project=project)
        self.policies = _Policies(
            monitoring_v3, "AlertPolicy", "alertPolicies", check=self._policy_flaws, require_parent=own
        )
        self.channels = Collection(
            monitoring_v3,
            "NotificationChannel",
            "notificationChannels",
            check=_channel_flaws,
            require_parent=own,
        )

    def tables(self) -> dict[str, Methods]:
        return {
            "google.monitoring.v3.AlertPolicyService": self.policies.methods(),
            "google.monitoring.v3.NotificationChannelService": self.channels.methods(),
        }

    def _policy_flaws(self, policy: Any) -> list[Violation]:
        flaws = []
        if not policy.display_name:
            flaws.append(Violation("alert_policy.display_name", "is required"))
        if not 1 <= len(policy.conditions) <= _MOST_CONDITIONS:
            flaws.append(Violation("alert_policy.conditions", f"must be 1 to {_MOST_CONDITIONS}"))
        if len(policy.conditions) > 1 and not policy.combiner:
            flaws.append(Violation("alert_policy.combiner", "is required for several conditions"))
        known = {channel.name for channel in self.channels.all}
        flaws += [
            Violation("alert_policy.notification_channels", f"{name} does not exist")
            for name in policy.notification_channels
            if name not in known
        ]
        for index, condition in enumerate(policy.conditions):
            try:
                self._reader.check(condition)
            except ApiError as error:
                flaws.append(Violation(f"alert_policy.conditions[{index}]", error.message))
        return flaws


def _channel_flaws(channel: Any) -> list[Violation]:
    label = CHANNEL_LABELS.get(channel.type_)
    if label is None:
        return [Violation("notification_channel.type", f"'{channel.type_}' is not known")]
    if not channel.labels.get(label):
        return [Violation("notification_channel.labels", f"{channel.type_} needs the label {label}")]
    return []

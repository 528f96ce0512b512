"""Alert policies and notification channels: AlertPolicyService and NotificationChannelService."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox.platform.api_errors import Violation
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.conditions import ConditionReader
from sandbox.platform.monitoring.errors import QueryError
from sandbox.platform.monitoring.project import require_parent

POLICIES: Final = "google.monitoring.v3.AlertPolicyService"
CHANNELS: Final = "google.monitoring.v3.NotificationChannelService"

CHANNEL_LABELS: Final[Mapping[str, str]] = {
    "email": "email_address",
    "slack": "channel_name",
    "pubsub": "topic",
    "webhook_tokenauth": "url",
}
"""Type of a channel and the label that it cannot do without."""
_MOST_CONDITIONS: Final = 6


class Alerting:
    """All policies and channels of the project."""

    def __init__(self, project: str, reader: ConditionReader) -> None:
        self._project = project
        self._reader = reader
        self.policies = Collection("alertPolicies", monitoring_v3.AlertPolicy.pb(), self._policy_flaws)
        self.channels = Collection(
            "notificationChannels", monitoring_v3.NotificationChannel.pb(), _channel_flaws
        )

    def tables(self) -> dict[str, Methods]:
        """Return the methods of both services."""
        api = monitoring_v3
        return {
            POLICIES: {
                "ListAlertPolicies": (api.ListAlertPoliciesRequest.pb(), self.list_policies),
                "GetAlertPolicy": (api.GetAlertPolicyRequest.pb(), lambda r, _: self.policies.get(r.name)),
                "CreateAlertPolicy": (api.CreateAlertPolicyRequest.pb(), self.create_policy),
                "UpdateAlertPolicy": (
                    api.UpdateAlertPolicyRequest.pb(),
                    lambda r, _: self.policies.update(r.alert_policy, r.update_mask),
                ),
                "DeleteAlertPolicy": (
                    api.DeleteAlertPolicyRequest.pb(),
                    lambda r, _: self.policies.delete(r.name),
                ),
            },
            CHANNELS: {
                "ListNotificationChannels": (api.ListNotificationChannelsRequest.pb(), self.list_channels),
                "GetNotificationChannel": (
                    api.GetNotificationChannelRequest.pb(),
                    lambda r, _: self.channels.get(r.name),
                ),
                "CreateNotificationChannel": (api.CreateNotificationChannelRequest.pb(), self.create_channel),
                "UpdateNotificationChannel": (
                    api.UpdateNotificationChannelRequest.pb(),
                    lambda r, _: self.channels.update(r.notification_channel, r.update_mask),
                ),
                "DeleteNotificationChannel": (
                    api.DeleteNotificationChannelRequest.pb(),
                    lambda r, _: self.channels.delete(r.name),
                ),
            },
        }

    def list_policies(self, request: Any, _caller: str) -> Any:
        """Return a page of the policies."""
        found, token, total = self.policies.page(require_parent(request.name, self._project), request)
        return monitoring_v3.ListAlertPoliciesResponse.pb()(
            alert_policies=found, next_page_token=token, total_size=total
        )

    def create_policy(self, request: Any, _caller: str) -> Any:
        """Keep a new policy; its conditions get names."""
        parent = require_parent(request.name, self._project)
        if not request.alert_policy.HasField("enabled"):
            request.alert_policy.enabled.value = True
        kept = self.policies.add(parent, request.alert_policy)
        for number, condition in enumerate(kept.conditions, start=1):
            condition.name = f"{kept.name}/conditions/{number}"
        return kept

    def list_channels(self, request: Any, _caller: str) -> Any:
        """Return a page of the channels."""
        found, token, total = self.channels.page(require_parent(request.name, self._project), request)
        return monitoring_v3.ListNotificationChannelsResponse.pb()(
            notification_channels=found, next_page_token=token, total_size=total
        )

    def create_channel(self, request: Any, _caller: str) -> Any:
        """Keep a new channel."""
        return self.channels.add(require_parent(request.name, self._project), request.notification_channel)

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
            except QueryError as error:
                flaws.append(Violation(f"alert_policy.conditions[{index}]", str(error)))
        return flaws


def _channel_flaws(channel: Any) -> list[Violation]:
    label = CHANNEL_LABELS.get(channel.type_)
    if label is None:
        return [Violation("notification_channel.type", f"'{channel.type_}' is not known")]
    if not channel.labels.get(label):
        return [Violation("notification_channel.labels", f"{channel.type_} needs the label {label}")]
    return []

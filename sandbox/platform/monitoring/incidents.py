"""Incidents: opened when a policy's condition is violated, closed when it no longer is, sent to its channels.

The message is the one of a Pub/Sub or webhook channel, schema 1.2:
https://cloud.google.com/monitoring/support/notification-options#schema-pubsub
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from typing import Any, Final

from sandbox.platform.monitoring.alerting import Alerting
from sandbox.platform.monitoring.conditions import ConditionReader, Observation
from sandbox.platform.monitoring.messages import stripped

EVERY_S: Final = 1.0

Publish = Callable[[str, bytes, dict[str, str]], object]
"""Takes a topic's full name, the message and its attributes."""


class Incidents:
    """Evaluates all policies, and notifies their channels when an incident begins or ends."""

    def __init__(self, alerting: Alerting, reader: ConditionReader, publish: Publish) -> None:
        self._alerting = alerting
        self._reader = reader
        self._publish = publish
        self._ids = itertools.count(1)
        self._open: dict[tuple[str, str], dict[str, Any]] = {}
        self.is_delivering = True

    async def keep_looking(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        seen: set[tuple[str, str]] = set()
        for policy in self._alerting.policies.all:
            for condition in policy.conditions if policy.enabled.value else ():
                for observed in self._reader.violations(condition):
                    key = (condition.name, repr(sorted(observed.labels.items())))
                    seen.add(key)
                    if key not in self._open:
                        self._open[key] = self._opened(policy, condition, observed)
                        self._notify(policy, self._open[key])
        for key in self._open.keys() - seen:
            ended = self._open.pop(key) | {"state": "closed", "ended_at": int(time.time())}
            for policy in self._alerting.policies.all:
                if key[0].startswith(f"{policy.name}/"):
                    self._notify(policy, ended)

    def _opened(self, policy: Any, condition: Any, observed: Observation) -> dict[str, Any]:
        return {
            "incident_id": f"0.sandbox{next(self._ids):08}",
            "scoping_project_id": policy.name.split("/")[1],
            "state": "open",
            "started_at": int(time.time()),
            "ended_at": None,
            "policy_name": policy.display_name,
            "policy_user_labels": dict(policy.user_labels),
            "condition_name": condition.display_name,
            "summary": f"{condition.display_name} is violated with a value of {observed.value:g}.",
            "observed_value": f"{observed.value:g}",
            "threshold_value": f"{condition.condition_threshold.threshold_value:g}",
            "metric": {"labels": stripped(observed.labels, "metric.labels.")},
            "resource": {"labels": stripped(observed.labels, "resource.labels.")},
            "documentation": {"content": policy.documentation.content},
        }

    def _notify(self, policy: Any, incident: dict[str, Any]) -> None:
        if not self.is_delivering:
            return
        message = json.dumps({"version": "1.2", "incident": incident})
        for name in policy.notification_channels:
            channel = next((one for one in self._alerting.channels.all if one.name == name), None)
            if channel is None or (channel.HasField("enabled") and not channel.enabled.value):
                continue
            if channel.type_ == "pubsub":  # the others end outside the sandbox: Slack, e-mail
                self._publish(channel.labels["topic"], message.encode(), {"version": "1.2"})

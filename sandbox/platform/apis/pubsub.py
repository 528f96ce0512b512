"""Pub/Sub, as far as an alert needs it: one topic, subscriptions, pull, acknowledge.

A message that is pulled and not acknowledged within the subscription's deadline comes again.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from google import pubsub_v1
from google.protobuf import empty_pb2

from sandbox import topology
from sandbox.platform.api_errors import ApiError, Code, Violation, invalid, not_found
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.requests import require_project

_NAME: Final = re.compile(r"(projects/[^/]+)/subscriptions/[A-Za-z][\w.~+%-]{2,254}")
_WAIT_S: Final = 2.0
"""How long a pull waits for a first message."""
_PAUSE_S: Final = 0.05
_KEPT: Final = 1000
_DEADLINE_S: Final = 10
ALERTS: Final = f"projects/{topology.PROJECT}/topics/alerts"


@dataclass(slots=True)
class _Waiting:
    """One message in one subscription."""

    message: Any
    hidden_until: float = 0.0
    attempts: int = 0


@dataclass(slots=True)
class _Subscription:
    """A subscription and what waits in it, by the id that acknowledges it."""

    message: Any
    waiting: dict[str, _Waiting] = field(default_factory=dict)


class PubSub:
    """The one topic, and the calls of Subscriber."""

    def __init__(self, project: str = topology.PROJECT) -> None:
        self._project = project
        self._ids = itertools.count(1)
        self._subscriptions: dict[str, _Subscription] = {}

    def tables(self) -> dict[str, Methods]:
        api = pubsub_v1
        return {
            "google.pubsub.v1.Subscriber": {
                "CreateSubscription": (api.Subscription.pb(), self.subscribe),
                "DeleteSubscription": (api.DeleteSubscriptionRequest.pb(), self.unsubscribe),
                "Pull": (api.PullRequest.pb(), self.pull),
                "Acknowledge": (api.AcknowledgeRequest.pb(), self.acknowledge),
            },
        }

    def post(self, topic: str, body: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message from inside; one to an unknown topic is lost. Return its id."""
        identifier = str(next(self._ids))
        message = pubsub_v1.PubsubMessage.pb()(data=body, message_id=identifier, attributes=attributes)
        message.publish_time.FromNanoseconds(time.time_ns())
        for subscription in self._subscriptions.values():
            if subscription.message.topic == topic:
                subscription.waiting[f"ack-{identifier}"] = _Waiting(message)
                while len(subscription.waiting) > _KEPT:
                    subscription.waiting.pop(next(iter(subscription.waiting)))
        return identifier

    def subscribe(self, request: Any, _caller: str) -> Any:
        """Keep a new subscription; it gets what is published from now on."""
        self._require_name(request.name)
        if request.name in self._subscriptions:
            raise ApiError(Code.ALREADY_EXISTS, f"{request.name} exists already.")
        if request.topic != ALERTS:
            raise not_found("Topic", request.topic)
        request.ack_deadline_seconds = request.ack_deadline_seconds or _DEADLINE_S
        self._subscriptions[request.name] = _Subscription(request)
        return request

    def unsubscribe(self, request: Any, _caller: str) -> Any:
        self._subscription(request.subscription)
        del self._subscriptions[request.subscription]
        return empty_pb2.Empty()

    async def pull(self, request: Any, _caller: str) -> Any:
        """Return what waits, at most as much as is wanted; an empty answer after a while without any."""
        if request.max_messages < 1:
            raise invalid([Violation("max_messages", "must be positive")])
        ends = time.monotonic() + _WAIT_S
        while True:
            found = self._due(self._subscription(request.subscription), request.max_messages)
            if found or request.return_immediately or time.monotonic() >= ends:
                return pubsub_v1.PullResponse.pb()(received_messages=found)
            await asyncio.sleep(_PAUSE_S)

    def acknowledge(self, request: Any, _caller: str) -> Any:
        """Forget messages; ids that are not known any more are ignored, as in the real API."""
        subscription = self._subscription(request.subscription)
        for identifier in request.ack_ids:
            subscription.waiting.pop(identifier, None)
        return empty_pb2.Empty()

    def _due(self, subscription: _Subscription, most: int) -> list[Any]:
        now = time.monotonic()
        found: list[Any] = []
        for identifier, waiting in subscription.waiting.items():
            if waiting.hidden_until <= now and len(found) < most:
                waiting.hidden_until = now + subscription.message.ack_deadline_seconds
                waiting.attempts += 1
                found.append(
                    pubsub_v1.ReceivedMessage.pb()(
                        ack_id=identifier, message=waiting.message, delivery_attempt=waiting.attempts
                    )
                )
        return found

    def _subscription(self, name: str) -> _Subscription:
        self._require_name(name)
        if name not in self._subscriptions:
            raise not_found("Subscription", name)
        return self._subscriptions[name]

    def _require_name(self, name: str) -> None:
        match = _NAME.fullmatch(name)
        if match is None:
            raise invalid([Violation("name", f"'{name}' is not the name of a subscription")])
        require_project(match[1], self._project)

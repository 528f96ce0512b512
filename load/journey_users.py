"""One kind of user per journey: the journeys themselves, unchanged, as load.

Environment: LOAD_TARGET and LOAD_IDENTITIES (see `load.doors`), LOAD_PACE (seconds from one journey of a user
to its next).
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from locust import User, constant_pacing, events, task

from journeys.registry import JOURNEYS, Journey
from load.doors import ServiceClients, TokenCache, read_target

LABEL = "gate-load"
_STATE: dict[str, TokenCache] = {}


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def dress(**_: Any) -> None:
    """Read target and identities when a test begins, so that the page opens without them."""
    target = read_target(Path(os.environ["LOAD_TARGET"]))
    secrets = json.loads(Path(os.environ["LOAD_IDENTITIES"]).read_text(encoding="utf-8"))
    _STATE["wardrobe"] = TokenCache(target, secrets)


def reader() -> str:
    """Return the access token of those who only read."""
    return _STATE["wardrobe"].tokens("load").access


def audience() -> str:
    """Return what tokens of callers of the entrance must be meant for; empty when none is wanted."""
    target = _STATE["wardrobe"].target
    return target.service("api-gateway").audience


class JourneyUser(User):  # type: ignore[misc]
    """Takes its journey again and again; each step and the whole are told to the generator."""

    abstract = True
    journey: Journey
    wait_time = constant_pacing(float(os.environ.get("LOAD_PACE", "10")))

    def on_start(self) -> None:
        """Open the platform's doors."""
        self.doors = ServiceClients.open(_STATE["wardrobe"])

    def on_stop(self) -> None:
        """Close them."""
        self.doors.close()

    @task  # type: ignore[untyped-decorator]
    def take(self) -> None:
        """Take the journey once, and take away what it made."""
        world = self.doors.world(LABEL)
        failure: Exception | None = None
        started = time.perf_counter()
        try:
            self.journey.take(world)
        except Exception as error:  # noqa: BLE001 - whatever ended it is what the generator is told
            failure = error
        seconds = time.perf_counter() - started
        for step in world.steps:
            self._tell("step", f"{self.journey.name}: {step.name}", step.seconds, None)
        self._tell("journey", self.journey.name, seconds, failure)
        world.clean()

    def _tell(self, kind: str, name: str, seconds: float, failure: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=seconds * 1000,
            response_length=0,
            exception=failure,
            context={},
        )


def user_of(journey: Journey) -> type[JourneyUser]:
    """Return the class of users who take this journey."""
    name = "".join(word.title() for word in journey.name.removesuffix("_workflow").split("_"))
    made: type[JourneyUser] = type(name, (JourneyUser,), {"journey": journey, "abstract": False})
    return made


USERS = tuple(user_of(journey) for journey in JOURNEYS.values())

"""What a journey has at hand: the public doors, its people, one trace, and what it must take away again."""

from __future__ import annotations

import functools
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import httpx

from journeys.checks import demand, document, expect
from journeys.session import Tokens

_PAUSE_S = 0.05

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """One step that was taken, and how long it took."""

    name: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class World:
    """One journey's world.

    `tokens` signs a part of the journey in (`analyst`, `manager`) when it first acts; `secret` gives what a
    program proves itself with. Everything that the journey makes carries `label`; all its requests share
    `trace` (W3C Trace Context).
    """

    gateway: httpx.Client
    frontend: httpx.Client
    auth: httpx.Client
    """auth-service, as it is reached through the gateway."""
    tokens: Callable[[str], Tokens]
    secret: Callable[[str], Mapping[str, Any]]
    label: str
    patience_s: float = 10.0
    """How long to wait for what happens in the background."""
    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    steps: list[StepTime] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    """What could not be taken away."""
    _undo: list[tuple[str, Callable[[], httpx.Response]]] = field(default_factory=list)

    def ask(self, who: str, method: str, service: str, path: str, **content: Any) -> httpx.Response:
        """Send one request through the gateway as one of the people."""
        return self.ask_with(self.tokens(who), method, service, path, **content)

    def ask_with(
        self, tokens: Tokens, method: str, service: str, path: str, **content: Any
    ) -> httpx.Response:
        """Send one request through the gateway with somebody's tokens; `headers` are added to its own."""
        own = {**tokens.headers, "traceparent": f"00-{self.trace}-{secrets.token_hex(8)}-01"}
        headers = {**own, **content.pop("headers", {})}
        return self.gateway.request(method, f"/api/v1/{service}/v1{path}", headers=headers, **content)

    def read(self, who: str, service: str, path: str) -> dict[str, Any]:
        """Return a document that this person can read.

        Raises:
            DemandNotMetError: it cannot be read.
        """
        return document(expect(self.ask(who, "GET", service, path), 200, blames=service), blames=service)

    def send(
        self, who: str, method: str, service: str, path: str, body: Any, *statuses: int
    ) -> dict[str, Any]:
        """Send a document as one of the people and return the document of the answer.

        Raises:
            DemandNotMetError: the status is none of `statuses`, or no document came.
        """
        answer = self.ask(who, method, service, path, json=body)
        return document(expect(answer, *statuses, blames=service), blames=service)

    def until(
        self, look: Callable[[], T], is_there: Callable[[T], object], complaint: str, *, blames: str
    ) -> T:
        """Look until it is there, at most `patience_s`, and return what was seen.

        Raises:
            DemandNotMetError: it did not come.
        """
        deadline = time.monotonic() + self.patience_s
        while not is_there(found := look()):
            demand(time.monotonic() < deadline, f"{complaint} after {self.patience_s:g} s", blames=blames)
            threading.Event().wait(_PAUSE_S)
        return found

    def later(self, what: str, undo: Callable[[], httpx.Response]) -> None:
        """Remember how to take away something that was just made."""
        self._undo.append((what, undo))

    def clean(self) -> None:
        """Take away what was made, last first, however the journey ended; note what stayed."""
        while self._undo:
            what, undo = self._undo.pop()
            try:
                status = undo().status_code
            except (httpx.HTTPError, AssertionError) as error:
                self.leftovers.append(f"{what}: {type(error).__name__}")
            else:
                self.leftovers += [f"{what}: {status}"] if status >= 400 and status != 404 else []


class Timed(Protocol):
    """Whatever notes the steps that were taken with it."""

    @property
    def steps(self) -> list[StepTime]:
        """The steps so far."""
        ...


W = TypeVar("W", bound=Timed)


def step(take: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], R]:
    """Note in the world how long this step took, whether it held or not."""

    @functools.wraps(take)
    def timed(world: W, /, *args: P.args, **kwargs: P.kwargs) -> R:
        started = time.monotonic()
        try:
            return take(world, *args, **kwargs)
        finally:
            name = take.__name__.replace("_", " ")
            world.steps.append(StepTime(name=name, seconds=time.monotonic() - started))

    return timed

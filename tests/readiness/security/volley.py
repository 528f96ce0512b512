"""Many independent requests at once: asked in threads, judged one by one.

A caller who is told to wait waits and asks again: a limit is looked at by its own check and must not colour
the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx

_AT_ONCE = 16
_TRIES = 4
_LONGEST_WAIT_S = 11.0
_HANDED_ON = "/api/v1/"
"""Where the gateway's paths to the services begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request; `target` is the path exactly as it is sent, when no library may tidy it up."""

    service: str
    path: str
    method: str = "GET"
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    target: bytes | None = None
    what: str = ""
    """What is special about it, in the words of a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a request."""

    ask: Ask
    outcome: httpx.Response | Exception

    @property
    def answer(self) -> httpx.Response:
        """The answer; what went wrong with the request is raised here, where it is judged."""
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.answer.status_code


class Volley:
    """Sends requests and remembers every answer in good order for checks over all of them."""

    def __init__(self, http: Callable[[str], httpx.Client], seed: int = 0) -> None:
        self._http = http
        self._seed = seed
        self.answers: list[tuple[str, httpx.Response]] = []

    def dice(self, name: str) -> Random:
        """Return what payloads of that name are drawn with: the same ones for the same seed."""
        return Random(f"{self._seed} {name}")  # noqa: S311 - a payload needs variety, not secrecy

    def send(self, asks: Iterable[Ask], *, is_patient: bool = True) -> list[Seen]:
        """Send all requests and return what came of each, in their order."""
        listed = list(asks)
        clients = {service: self._http(service) for service in dict.fromkeys(a.service for a in listed)}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            seen = list(pool.map(lambda ask: _sent(clients[ask.service], ask, is_patient=is_patient), listed))
        self.answers += [(s.ask.service, s.outcome) for s in seen if isinstance(s.outcome, httpx.Response)]
        return seen

    def is_handed_on(self, seen: Seen) -> bool:
        """Whether the gateway only hands on what the service behind it answers to the very same request."""
        service, slash, path = seen.ask.path.removeprefix(_HANDED_ON).partition("/")
        if not seen.ask.path.startswith(_HANDED_ON) or not slash:
            return False
        behind = self.one(replace(seen.ask, service=service, path=f"/{path}"))
        is_same_text = seen.ask.method != "GET" or behind.text == seen.answer.text
        return behind.status_code == seen.status and is_same_text

    def one(self, ask: Ask) -> httpx.Response:
        """Send one request and return its answer."""
        return self.send([ask])[0].answer


def _sent(client: httpx.Client, ask: Ask, *, is_patient: bool) -> Seen:
    try:
        response = _asked(client, ask)
        for _ in range(_TRIES if is_patient else 0):
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            wait = response.headers.get("retry-after", "1")
            threading.Event().wait(min(_LONGEST_WAIT_S, float(wait) if wait.isdecimal() else 1.0))
            response = _asked(client, ask)
    except (httpx.HTTPError, AssertionError, ValueError) as error:
        return Seen(ask=ask, outcome=error)
    return Seen(ask=ask, outcome=response)


def _asked(client: httpx.Client, ask: Ask) -> httpx.Response:
    headers = list(ask.headers.items()) if isinstance(ask.headers, Mapping) else list(ask.headers)
    extensions = {"target": ask.target} if ask.target is not None else {}
    request = client.build_request(
        ask.method, ask.path, headers=headers, json=ask.json, content=ask.content, extensions=extensions
    )
    return client.send(request)

"""Assertions about answers: what was expected, what came, and from whom.

An AssertionError is an observation about the platform; anything else means that nobody could look. So an
answer is never indexed blindly: what is missing in it is asserted.
"""

from __future__ import annotations

from typing import Any

import httpx

_SHOWN = 200


class DemandNotMetError(AssertionError):
    """An answer that is not as it must be; `blames` is the service that gave it."""

    def __init__(self, message: str, *, blames: str) -> None:
        super().__init__(message)
        self.blames = blames


def demand(is_met: object, message: str, *, blames: str) -> None:
    """Demand that something holds; `message` says what does not, without the service's name.

    Raises:
        DemandNotMetError: it does not.
    """
    if not is_met:
        raise DemandNotMetError(f"{blames}: {message}", blames=blames)


def expect(response: httpx.Response, *statuses: int, blames: str) -> httpx.Response:
    """Demand one of the statuses and return the answer.

    Raises:
        DemandNotMetError: the status is another.
    """
    wanted = " or ".join(str(status) for status in statuses)
    request = response.request
    said = " ".join(response.text[:_SHOWN].split())
    asked = f"{request.method} {request.url.path}"
    message = f"{asked} answered {response.status_code}, wanted {wanted}: {said}"
    demand(response.status_code in statuses, message, blames=blames)
    return response


def document(response: httpx.Response, *, blames: str) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        DemandNotMetError: the answer holds none.
    """
    try:
        found = response.json()
    except ValueError:
        found = None
    path = response.request.url.path
    demand(isinstance(found, dict), f"{path} answered no JSON object", blames=blames)
    return dict(found or {})


def field(response: httpx.Response, name: str, *, blames: str) -> Any:
    """Return one field of the JSON object of an answer.

    Raises:
        DemandNotMetError: the answer has no such field.
    """
    found = document(response, blames=blames)
    path = response.request.url.path
    demand(name in found, f"{path} answered without {name}, with {sorted(found)}", blames=blames)
    return found[name]

"""Asks for the pages that people need: whether they answer, in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from gates.model.criterion import PLATFORM
from gates.model.platform import Link
from gates.model.target import Target
from journeys.checks import demand
from journeys.client import NamedTransport

TIMEOUT_S = 10.0
_WORKERS = 8
_ANSWERS = (200, 401, 403)
"""A page behind a sign-in is reachable; who may see it is another question."""
_HOPS = 5


def demand_answers(target: Target, links: Sequence[Link]) -> None:
    """Demand that every page answers with content or a sign-in."""
    demand(links, "no page is named", blames=PLATFORM)
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        troubles = list(pool.map(lambda link: _trouble(target, link), links))
    found = [f"{link.name} {trouble}" for link, trouble in zip(links, troubles, strict=True) if trouble]
    demand(not found, "; ".join(found), blames=PLATFORM)


def _trouble(target: Target, link: Link) -> str:
    transport = NamedTransport(target, link.name)
    with httpx.Client(
        transport=transport, timeout=TIMEOUT_S, follow_redirects=True, max_redirects=_HOPS
    ) as client:
        try:
            answer = client.get(link.url)
        except (httpx.HTTPError, AssertionError) as error:
            return f"does not answer: {type(error).__name__}"
    return "" if answer.status_code in _ANSWERS else f"answers {answer.status_code}"

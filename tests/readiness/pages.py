"""Asks for the pages that people need: whether they answer, in bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx

from gates.model.criterion import PLATFORM
from gates.model.documentation import Link
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
    found = [
        (link, f"{link.name} {trouble}") for link, trouble in zip(links, troubles, strict=True) if trouble
    ]
    message = "; ".join(text for _, text in found)
    demand(not found, message, blames=_whose(target, found[0][0].url) if found else PLATFORM)


def _whose(target: Target, url: str) -> str:
    """Return the service that answers there, if it is one of the release."""
    host = urlsplit(url).hostname
    urls = [*target.public_urls, *((service.name, service.base_url) for service in target.services)]
    return next((name for name, known in urls if urlsplit(known).hostname == host), PLATFORM)


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

"""Do the pages of a list make up the list?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, document, expect
from journeys.session import Tokens, bearer

LISTS: Mapping[str, tuple[str, ...]] = {
    "asset-discovery": ("/v1/assets",),
    "auth-service": ("/v1/users", "/v1/audit"),
    "decision-engine": ("/v1/decisions",),
    "event-processor": ("/v1/events", "/v1/correlations"),
    "threat-detection": ("/v1/threats", "/v1/indicators"),
}
"""What each service lists page by page."""
LOOKS = 4
"""A list that grows meanwhile shifts its pages: so often it is looked at before they do not fit."""


@pytest.mark.criterion("CTR-PAGING")
def test_pages_make_up_the_list(
    service: ServiceTarget, http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens]
) -> None:
    """Two pages of one item each hold what a page of two items holds, and the first leads to the second."""
    ask = _asking(http(service.name), tokens("admin").access, service.name)
    compared = 0
    for path in LISTS[service.name]:
        whole, pages = _seen(ask, path)
        compared += len(whole) > 1
        message = f"{path} in one page is {whole}, page by page it is {pages}"
        demand(whole == pages, message, blames=service.name)
    if not compared:
        pytest.skip(f"{service.name} lists no two items to page through")


def _asking(http: httpx.Client, token: str, name: str) -> Callable[[str], Mapping[str, Any]]:
    def ask(path: str) -> Mapping[str, Any]:
        return document(expect(http.get(path, headers=bearer(token)), 200, blames=name), blames=name)

    return ask


def _seen(ask: Callable[[str], Mapping[str, Any]], path: str) -> tuple[list[str], list[str]]:
    """Return the first two ids of a list, read at once and read page by page."""
    whole: list[str] = []
    pages: list[str] = []
    for _ in range(LOOKS):
        whole = list(_ids(ask(f"{path}?limit=2")))
        first = ask(f"{path}?limit=1")
        pages = list(_ids(first))
        if cursor := first.get("nextCursor"):
            pages += _ids(ask(f"{path}?limit=1&cursor={cursor}"))
        if whole == pages:
            break
    return whole, pages


def _ids(page: Mapping[str, Any]) -> Iterator[str]:
    for item in page.get("items", ()):
        yield str(item.get("id"))

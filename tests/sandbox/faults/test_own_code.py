"""Revisions with careless code of their own stumble over whatever a seed draws; the healthy one never does.

Each revision is built in a process of its own, as the platform does it, and asked without a token: what needs
one is shown by the bench.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx
import pytest

from sandbox.faults.registry import FAULTS
from sandbox.kit.settings import Settings
from tests.readiness.security import test_answers as answers
from tests.readiness.security import test_endpoints as endpoints
from tests.readiness.security import test_injection as injection

SERVICE = "asset-discovery"
APP = "sandbox.services.asset_discovery.app"
SEEDS = (1, 2, 3, 4)
FRESH = multiprocessing.get_context("forkserver")
"""Processes in which nothing is patched yet; what they all import, their parent has imported once."""
FRESH.set_forkserver_preload([__name__, APP])
Seen = list[tuple[int, str, dict[str, str]]]
Asks = Iterator[tuple[str, str, bytes]]
"""Method, target and document."""


@dataclass(frozen=True)
class Probe:
    """What is sent for a seed, and what a bad revision's answers show."""

    asks: Callable[[Random], Asks]
    is_bad: Callable[[Seen], bool]


def _breaks(seen: Seen) -> bool:
    return any(status >= 500 for status, _, _ in seen)


def _documents(draw: Callable[[Random], Mapping[str, bytes]]) -> Callable[[Random], Asks]:
    return lambda dice: (("POST", "/v1/scans", content) for content in draw(dice).values())


def _marked(dice: Random) -> Asks:
    yield "GET", f"/healthz?{dice.choice(injection.PARAMETERS)}=%0d%0aX-Marked:{dice.randint(1, 99)}", b""


def _missing(dice: Random) -> Asks:
    yield "GET", f"/{dice.getrandbits(48):x}", b""


PROBES = {
    "nesting-unbounded": Probe(
        _documents(lambda dice: {str(n): one for n, one in enumerate(endpoints.nested(dice, 10_000))}),
        _breaks,
    ),
    "nan-breaks": Probe(_documents(endpoints.hostile), _breaks),
    "quote-breaks": Probe(
        lambda dice: (
            ("GET", str(httpx.URL("/v1/assets", params={"q": text})), b"") for text in injection.quotes(dice)
        ),
        _breaks,
    ),
    "header-from-parameter": Probe(
        _marked, lambda seen: any("x-marked" in headers for _, _, headers in seen)
    ),
    "trace-echoes": Probe(lambda _dice: iter((("TRACE", "/healthz", b""),)), lambda seen: seen[0][0] == 200),
    "undeclared-method-taken": Probe(
        lambda dice: iter(((dice.choice(("PUT", "PATCH", "DELETE")), "/version", b""),)),
        lambda seen: seen[0][0] == 200,
    ),
    "trace-shown": Probe(_missing, lambda seen: bool(answers.INSIDE.search(seen[0][1]))),
    "database-told": Probe(_missing, lambda seen: bool(answers.SECRET.search(seen[0][1]))),
    "settings-readable": Probe(
        lambda dice: iter((("GET", dice.choice(("/.env", "/config.json")), b""),)),
        lambda seen: seen[0][0] == 200,
    ),
}


def _answered(folder: Path, slug: str | None, name: str) -> list[bool]:
    """Build a revision and say for each seed whether its answers are bad."""
    module = importlib.import_module(APP)
    settings = Settings(service=SERVICE, data_dir=folder, mesh_url="http://127.0.0.1:9")

    def build() -> Any:
        return module.build(settings)

    app = FAULTS[slug].build(SERVICE, build) if slug else build()
    probe = PROBES[name]

    async def ask(seed: int) -> Seen:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            found = []
            for method, target, content in probe.asks(Random(seed)):  # noqa: S311 - payloads
                answer = await client.request(
                    method, target, content=content, headers={"content-type": "application/json"}
                )
                found.append((answer.status_code, answer.text, dict(answer.headers)))
            return found

    return [probe.is_bad(anyio.run(ask, seed)) for seed in SEEDS]


def test_every_revision_of_the_list_is_known() -> None:
    """And is one of the service that is built here."""
    assert [slug for slug in PROBES if SERVICE not in FAULTS[slug].services] == []


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("is_healthy", [False, True], ids=["bad", "healthy"])
def test_a_revision_stumbles_with_every_seed_and_the_healthy_one_with_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, is_healthy: bool
) -> None:
    """The payloads of each seed are others of the same kind."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with FRESH.Pool(1) as pool:
        found = pool.apply(_answered, (tmp_path, None if is_healthy else name, name))
    assert found == [not is_healthy] * len(SEEDS)

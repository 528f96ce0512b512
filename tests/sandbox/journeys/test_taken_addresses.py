"""A journey's random address that another asset has already: that is not the release's fault."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from journeys import incident
from journeys.checks import DemandNotMetError
from journeys.incident import ASSETS, enter_an_asset
from journeys.session import Tokens
from journeys.world import World

TAKEN, FREE = "10.9.9.9", "10.9.9.10"


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that are drawn from now on."""
    following: list[str] = []
    monkeypatch.setattr(incident, "draw_address", lambda: following.pop(0))
    yield following
    assert not following


def test_an_address_that_another_asset_has_is_drawn_again(world: World, draws: list[str]) -> None:
    """On the real service; the report shows the step that found the other asset."""
    draws += [TAKEN, TAKEN, FREE]
    enter_an_asset(world, "analyst", remover="manager")

    asset_id = enter_an_asset(world, "analyst", remover="manager")

    assert world.read("analyst", ASSETS, f"/assets/{asset_id}")["address"] == FREE
    assert [step.name for step in world.steps].count("find the holder") == 1


@dataclass
class TinyPlatform:
    """Refuses every new asset as taken; `stored` is what it lists, page by page."""

    stored: list[list[dict[str, str]]]
    keeps: bool = False
    """Whether it keeps what it refuses."""
    sent: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "POST":
            asset = json.loads(request.content)
            self.sent.append(asset["address"])
            self.stored[-1] += [{**asset, "id": "ast_1"}] if self.keeps else []
            return httpx.Response(409, json={"code": "address_taken"})
        turn = int(request.url.params.get("cursor", "0"))
        following = {"nextCursor": str(turn + 1)} if turn + 1 < len(self.stored) else {}
        return httpx.Response(200, json={"items": self.stored[turn], **following})

    def world(self) -> World:
        """Return a world in front of it."""
        client = httpx.Client(base_url="https://gateway.test", transport=httpx.MockTransport(self.answer))
        tokens = Tokens(access="access", refresh="refresh")
        return World(
            gateway=client,
            frontend=client,
            auth=client,
            tokens=lambda _part: tokens,
            secret=lambda _part: {},
            label="gate-test",
        )


def others(addresses: Iterable[str]) -> list[dict[str, str]]:
    """Return assets of other people."""
    return [{"id": "ast_0", "hostname": "db-7", "address": address} for address in addresses]


def refusal(platform: TinyPlatform) -> DemandNotMetError:
    """Enter an asset and return the complaint."""
    with pytest.raises(DemandNotMetError) as failure:
        enter_an_asset(platform.world(), "analyst", remover="manager")
    assert failure.value.blames == ASSETS
    return failure.value


def test_a_service_that_takes_no_address_fails_after_three(draws: list[str]) -> None:
    """Each address has another holder, found on whichever page."""
    draws += (addresses := ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    platform = TinyPlatform([others(["10.1.1.1"]), others(addresses)])

    assert "answered 409, wanted 201" in str(refusal(platform))
    assert platform.sent == addresses


def test_an_asset_that_is_stored_and_refused_is_the_services_fault(draws: list[str]) -> None:
    """As after a request that was carried out twice."""
    draws += [TAKEN]

    assert f"{TAKEN} was refused as taken, and is stored as ast_1" in str(
        refusal(TinyPlatform([others([]), []], keeps=True))
    )


def test_an_address_that_nobody_has_must_not_be_refused(draws: list[str]) -> None:
    """A conflict with nothing is no conflict."""
    draws += [TAKEN]

    assert "no asset has it" in str(refusal(TinyPlatform([others([FREE])])))

"""The comparison of a served document with the pinned one: what breaks a client, and what only adds."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.validation.contract_difference import differences

PINNED = json.loads(Path("platforms/isectech/openapi/asset-discovery.json").read_text(encoding="utf-8"))
Change = Callable[[dict[str, Any]], object]


def after(change: Change) -> list[tuple[bool, str]]:
    """Return what is seen when the document is served with a change."""
    served = copy.deepcopy(PINNED)
    change(served)
    return [(one.is_break, str(one)) for one in differences(PINNED, served)]


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a model of the document."""
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def renamed(document: dict[str, Any]) -> None:
    """Call a model by another name everywhere."""
    text = (
        json.dumps(document).replace('schemas/Asset"', 'schemas/Thing"').replace('"Asset": {', '"Thing": {')
    )
    document.update(json.loads(text))


def test_the_same_document_has_no_difference() -> None:
    """Nor has one whose members and choices come in another order."""
    turned = json.loads(json.dumps(PINNED, sort_keys=True))
    kinds = next(p for p in turned["paths"]["/v1/assets"]["get"]["parameters"] if p["name"] == "kind")
    kinds["schema"]["enum"].reverse()

    assert differences(PINNED, turned) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("operation gone", lambda d: d["paths"].pop("/v1/scans")),
        ("method gone", lambda d: d["paths"]["/v1/assets"].pop("post")),
        ("answered field gone", lambda d: schema(d, "Asset")["properties"].pop("id")),
        ("answered field optional", lambda d: schema(d, "Asset")["required"].remove("id")),
        (
            "answered field of another type",
            lambda d: schema(d, "Asset")["properties"]["id"].update(type="integer"),
        ),
        ("status gone", lambda d: d["paths"]["/v1/assets"]["get"]["responses"].pop("200")),
        ("parameter gone", lambda d: d["paths"]["/v1/assets"]["get"]["parameters"].pop()),
        (
            "parameter required",
            lambda d: d["paths"]["/v1/assets"]["get"]["parameters"][0].update(required=True),
        ),
        ("sent field required", lambda d: schema(d, "NewAsset")["required"].append("owner")),
        ("narrower", lambda d: d["paths"]["/v1/assets"]["get"]["parameters"][0]["schema"].update(maximum=10)),
        ("other roles", lambda d: d["paths"]["/v1/assets"]["get"].update({"x-required-roles": ["admin"]})),
        ("open to all", lambda d: d["paths"]["/v1/assets"]["get"].pop("security")),
        ("link gone", lambda d: d["paths"]["/v1/assets"]["post"]["responses"]["201"].pop("links")),
        ("media type", lambda d: d["paths"]["/v1/assets"]["get"]["responses"]["200"]["content"].clear()),
        ("model gone", lambda d: d["components"]["schemas"].pop("Asset")),
        ("nothing left", lambda d: d.clear()),
        ("paths are no object", lambda d: d.update(paths=[])),
    ],
)
def test_what_takes_away_or_changes_is_a_break(name: str, change: Change) -> None:
    """A client that relied on it would fail."""
    assert any(is_break for is_break, _ in after(change)), name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["paths"].update({"/v1/hints": {"get": {"responses": {}}}}), "GET /v1/hints: is new"),
        (lambda d: schema(d, "Asset")["properties"].update(hint={"type": "string"}), "hint: is new"),
        (lambda d: schema(d, "NewAsset")["properties"].update(hint={"type": "string"}), "hint: is new"),
        (
            lambda d: d["paths"]["/v1/assets"]["get"]["parameters"].append(
                {"in": "query", "name": "sort", "schema": {}}
            ),
            "parameter query sort: is new",
        ),
        (lambda d: d["paths"]["/v1/assets"]["get"]["responses"].update({"206": {}}), "responses 206: is new"),
    ],
)
def test_what_only_adds_is_reported_and_breaks_nobody(change: Change, said: str) -> None:
    """An optional field, an operation, a status: seen, and compatible."""
    found = after(change)

    assert found
    assert not any(is_break for is_break, _ in found)
    assert said in found[0][1]


@pytest.mark.parametrize(
    "change",
    [
        renamed,
        lambda d: d["info"].update(title="Other", version="2"),
        lambda d: d["paths"]["/v1/assets"]["get"].update(summary="Other words", tags=["x"]),
        lambda d: schema(d, "Asset").update(title="Other", description="Other words"),
    ],
)
def test_wording_is_nobodys_contract(change: Change) -> None:
    """Titles, summaries and the names of models may change."""
    assert after(change) == []


@pytest.mark.parametrize("junk", [None, 7, "x", [1], {"a": [[]]}, {}])
@pytest.mark.parametrize("where", ["parameters", "requestBody", "responses"])
def test_a_document_of_nonsense_is_compared_to_its_end(where: str, junk: object) -> None:
    """Whatever a service serves is a break, never a crash."""
    assert any(
        is_break for is_break, _ in after(lambda d: d["paths"]["/v1/assets"]["post"].update({where: junk}))
    )


def test_a_field_called_like_wording_is_a_field() -> None:
    """`description` as a property of a model is a field like any other."""
    old: dict[str, Any] = {
        "paths": {
            "/a": {
                "get": {"responses": {"200": {"content": {"j": {"schema": {"properties": {"title": {}}}}}}}}
            }
        }
    }
    new = copy.deepcopy(old)
    new["paths"]["/a"]["get"]["responses"]["200"]["content"]["j"]["schema"]["properties"] = {}

    assert [one.is_break for one in differences(old, new)] == [True]

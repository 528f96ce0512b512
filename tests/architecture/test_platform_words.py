"""The gate knows no platform: names, ids and paths of the shipped one stand in its documents alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.model.criterion import Catalogue
from gates.model.platform import Platform

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "platforms").glob("*/platform.yaml"))
_BINARY = {".pyc", ".so"}


def paths(platform: Platform) -> Iterator[str]:
    """Yield the URL paths that the platform's document names, the gate's own defaults left out."""
    if platform.sign_in is not None:
        yield from (text for text in astuple(platform.sign_in) if isinstance(text, str) and text[0] == "/")
    if platform.circuits is not None:
        yield platform.circuits.path
        if platform.circuits.fallback is not None:
            yield from (platform.circuits.fallback.path, platform.circuits.fallback.check)
    if platform.data_probe is not None:
        yield from (record.path for record in platform.data_probe.records)


def forbidden(platform: Platform, catalogue: Catalogue) -> list[re.Pattern[str]]:
    """Return what no file of the gate may hold: names as whole words, ids by their prefix, and paths."""
    prefixes = {criterion.id.partition("-")[0] for criterion in catalogue.criteria}
    return [
        re.compile(re.escape(platform.name), re.IGNORECASE),
        *(re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])") for name in platform.service_names),
        *(re.compile(rf"\b{prefix}-[A-Z0-9]+\b") for prefix in sorted(prefixes)),
        *(re.compile(rf"{re.escape(path)}(?![\w-])") for path in sorted(set(paths(platform)))),
    ]


def found(patterns: list[re.Pattern[str]], text: str) -> list[str]:
    """Return what of it stands in a text."""
    return [match.group() for pattern in patterns for match in pattern.finditer(text)]


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def patterns(request: pytest.FixtureRequest) -> list[re.Pattern[str]]:
    """Return what a platform of this project calls its own."""
    platform = load_platform(request.param)
    return forbidden(platform, load_catalogue(request.param, platform))


def test_no_file_of_the_gate_names_a_platform_s_own(patterns: list[re.Pattern[str]]) -> None:
    """In code, docstrings, help and examples alike; another platform is another folder, and no change."""
    files = [path for path in (ROOT / "gates").rglob("*") if path.is_file() and path.suffix not in _BINARY]
    assert len(files) > 200
    named = {
        str(path.relative_to(ROOT)): here
        for path in files
        if (here := found(patterns, path.read_text(encoding="utf-8")))
    }
    assert named == {}


@pytest.mark.parametrize(
    "text",
    ["isectech", "ask auth-service first", '"SLI-ERRORS"', "AUT-LOGIN", "/v1/login", "/internal/circuits:"],
)
def test_what_is_forbidden_is_noticed(text: str) -> None:
    """The names come from the documents: one of each kind is recognised."""
    folder = ROOT / "platforms" / "isectech"
    platform = load_platform(folder)
    assert found(forbidden(platform, load_catalogue(folder, platform)), text)

"""What a recovery needs is named when it is missing."""

from __future__ import annotations

import pytest

from gates.model.inventory import Image
from gates.operations.inventory import NEEDED_APIS, lacks, missing_images
from gates.operations.snapshot import differences
from tests.support.fake_clock import EPOCH


def test_a_project_with_everything_lacks_nothing() -> None:
    """More than is needed is fine."""
    assert lacks("ACTIVE", frozenset({*NEEDED_APIS, "more"})) == ()


def test_what_a_project_lacks_is_named() -> None:
    """Its state, and each API."""
    found = lacks("DELETE_REQUESTED", frozenset(NEEDED_APIS[1:]))
    assert found == (
        "the project is DELETE_REQUESTED, not ACTIVE",
        f"the API {NEEDED_APIS[0]} is not enabled",
    )


def test_a_revision_without_its_image_is_named() -> None:
    """By digest: tags move."""
    stored = [Image(package="a", digest="sha256:1", tags=(), uploaded_at=EPOCH)]
    assert missing_images({"a-1": "sha256:1", "a-2": "sha256:2"}, stored) == ("a-2",)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: 1 → 2"]),
        ({}, {"a": {"b": 1}}, ["a: added {'b': 1}"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a[1]: gone, was 2"]),
        ({"a": [1]}, {"a": [1, 2]}, ["a[1]: added 2"]),
        ({"a": 1}, {"a": "1"}, ["a: 1 → '1'"]),
        ({"a": None}, {}, ["a: gone, was None"]),
    ],
)
def test_each_difference_is_one_line(before: object, after: object, lines: list[str]) -> None:
    """Changed, added, gone, by path."""
    assert list(differences(before, after)) == lines

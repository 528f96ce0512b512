"""Records are kept in folders and by URL."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from gates.adapters.signing import record_store
from gates.errors import ConfigurationError
from gates.model.criterion import Stage
from gates.model.release import Release
from tests.support.builders import release
from tests.support.strategies import values


@pytest.mark.parametrize("kind", ["a folder that is not there yet", "a URL"])
def test_what_is_written_is_read_again_and_the_newest_counts(tmp_path: Path, kind: str) -> None:
    """The same place for the same images: a later verdict replaces an earlier one."""
    records = str(tmp_path / "new" / "records") if kind.startswith("a folder") else "memory://records"
    place = record_store.place_of(records, "staging", Stage.IMMEDIATE, release())

    assert record_store.read(place) is None
    record_store.write(place, b"first, and longer")
    record_store.write(place, b"second")
    assert record_store.read(place) == b"second"


@pytest.mark.parametrize("place", ["nonsense://bucket/record", "."])
def test_a_place_that_cannot_be_used_is_said(place: str) -> None:
    """An unknown protocol and a folder are no records."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        record_store.read(place)
    with pytest.raises(ConfigurationError, match="could not be written"):
        record_store.write(place, b"x")


@given(one=values(Release), other=values(Release))
def test_other_images_have_another_place(one: Release, other: Release) -> None:
    """The place follows from services and image digests, and from nothing else of the release."""
    places = {record_store.place_of("r", "staging", Stage.IMMEDIATE, each) for each in (one, other)}
    images = {
        tuple(sorted((part.service, part.candidate.digest) for part in each.services))
        for each in (one, other)
    }

    assert len(places) == len(images)

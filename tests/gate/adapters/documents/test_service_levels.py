"""Each service level has one number, and the criteria of that level refer to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.errors import DocumentError
from gates.model.criterion import Bands

SHIPPED = Path(__file__).parents[4] / "platforms" / "isectech"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped platform that a test may change."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))


LATENCY = {"SLI-LATENCY", "LOD-P95", "VAL-PERF", "LOD-AGREED-P95", "HLT-PROMPT"}


def test_a_service_level_is_changed_in_one_place(folder: Path) -> None:
    """Every criterion of that level follows, with its bands and in its words."""
    levels = folder / "criteria/service-levels.yaml"
    levels.write_text(levels.read_text(encoding="utf-8").replace("threshold: 2000", "threshold: 1000"))
    criteria = load_catalogue(folder, load_platform(folder)).criteria
    changed = {one.id: one for one in criteria if one.threshold == 1000}

    assert set(changed) == LATENCY
    assert {one.bands for one in changed.values()} == {Bands(alert=3000, critical=5000)}
    assert all("< 1,000 ms" in one.statement for one in changed.values())
    assert not any(one.unit == "ms" and one.threshold != 1000 for one in criteria)


@pytest.mark.parametrize(
    ("demand", "cause"),
    [
        ("{like: SLI-LATENCY, threshold: 1000}", "no threshold of its own"),
        ("{like: SLI-LATENZY}", "SLI-LATENZY is not a criterion with a number of its own"),
        ("{like: LOD-P95}", "LOD-P95 is not a criterion with a number of its own"),
        ("{threshold: 5}", "the demand has no comparator, unit"),
        ("{}", "the demand has no comparator, threshold, unit"),
        (
            "{like: SLI-LATENCY, threshold: null}",
            "demand.threshold: Input should be a valid number, got null",
        ),
        ("{comparator: lt, threshold: 1000, unit: ms}", "LOD-P95 demands < 2,000 ms of the same test"),
    ],
)
def test_a_number_that_contradicts_another_is_refused(folder: Path, demand: str, cause: str) -> None:
    """A level has one number: none beside a reference, none that leads nowhere, no second one of one test."""
    criteria = folder / "criteria/performance.yaml"
    text = criteria.read_text(encoding="utf-8")
    head, old, tail = text.rpartition("{like: SLI-LATENCY, minimumSamples: 299}")
    criteria.write_text(f"{head}{demand}{tail}", encoding="utf-8")

    assert old
    with pytest.raises(DocumentError) as refused:
        load_catalogue(folder, load_platform(folder))
    (line,) = str(refused.value).splitlines()
    assert cause in line
    assert "performance.yaml" in line

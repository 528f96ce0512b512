"""The folder of a benchmark."""

from __future__ import annotations

import json
from pathlib import Path

from gates.adapters.runs.bench_results import BenchFolder
from tests.support.bench_arms import BAD, GOOD, result


def test_what_was_kept_is_there_after_an_interruption(tmp_path: Path) -> None:
    """Also when the last line was cut off: that run is made again."""
    first = BenchFolder(tmp_path / "b")
    first.keep(result(number=1))
    first.keep(result(number=2))
    lines = tmp_path / "b" / "results.jsonl"
    lines.write_bytes(lines.read_bytes()[:-10])
    again = BenchFolder(tmp_path / "b")
    assert [again.is_done("M02", number) for number in (1, 2)] == [True, False]
    again.keep(result(number=2))
    assert BenchFolder(tmp_path / "b").results([BAD, GOOD]) == (result(number=1), result(number=2))


def test_results_of_arms_that_were_not_asked_for_do_not_count(tmp_path: Path) -> None:
    """A subset is summed up by itself."""
    folder = BenchFolder(tmp_path)
    folder.keep(result())
    assert folder.results([GOOD]) == ()


def test_the_conclusion_is_a_document(tmp_path: Path) -> None:
    """bench.json holds every run and every rate."""
    folder = BenchFolder(tmp_path)
    folder.keep(result())
    folder.conclude([BAD])
    written = json.loads((tmp_path / "bench.json").read_text())
    assert written["results"][0]["arm"] == "M02"
    assert dict(written["rates"])["detected"]["hits"] == 1

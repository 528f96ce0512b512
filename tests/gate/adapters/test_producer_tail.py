"""The tail of an evidence file: what somebody who watches a run is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates.adapters.producer_tail import EvidenceTail
from gates.model.events import CheckFinished, Event


def report(test: str, when: str, outcome: str) -> dict[str, object]:
    """Return a line about one phase of a test."""
    named = [["criterion", "HLT-LIVE"], ["service", "frontend"]]
    return {"kind": "report", "id": test, "when": when, "outcome": outcome, "properties": named}


class Watched:
    """A growing evidence file and what was heard of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[CheckFinished] = []
        self.tail = EvidenceTail(path, self._hear)

    def _hear(self, event: Event) -> None:
        assert isinstance(event, CheckFinished)
        self.heard.append(event)

    def write(self, *records: object, end: str = "\n") -> None:
        """Append records and read on."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n".join(json.dumps(record) for record in records) + end)
        self.tail.read()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A file that does not exist yet."""
    return Watched(tmp_path / "producers.jsonl")


def test_every_check_is_counted_once_against_the_plan(watched: Watched) -> None:
    """A failure is told at once; its teardown does not count it again."""
    watched.write({"kind": "plan", "total": 2}, report("a", "setup", "passed"), report("a", "call", "failed"))
    assert [(e.status, e.done, e.total) for e in watched.heard] == [("failed", 1, 2)]

    watched.write(report("a", "teardown", "passed"), report("b", "call", "passed"))
    watched.write(report("b", "teardown", "passed"))
    assert [(e.status, e.done) for e in watched.heard[1:]] == [("passed", 1), ("passed", 2)]
    assert (watched.heard[0].criterion, watched.heard[0].service) == ("HLT-LIVE", "frontend")


def test_a_half_written_line_waits_for_its_end(watched: Watched) -> None:
    """Nothing is told of a cut line, and nothing twice."""
    watched.tail.read()
    whole = json.dumps(report("a", "teardown", "passed"))
    watched.path.write_text(whole[:20], encoding="utf-8")
    watched.tail.read()
    assert watched.heard == []

    watched.path.write_text(whole + "\n", encoding="utf-8")
    watched.tail.read()
    watched.tail.read()
    assert [event.done for event in watched.heard] == [1]


def test_garbage_is_passed_over(watched: Watched) -> None:
    """What is no JSON disturbs nobody who watches; the parser makes a flaw of it later."""
    watched.path.write_text("not json\n", encoding="utf-8")
    watched.tail.read()
    watched.write(report("a", "teardown", "passed"))
    assert [event.status for event in watched.heard] == ["passed"]

"""The tail of an evidence file: what somebody who watches a run is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates.adapters.producers.producer_tail import EvidenceTail
from gates.model.events import CheckBegan, CheckFinished, ChecksPlanned, Event


def report(test: str, when: str, outcome: str) -> dict[str, object]:
    """Return a line about one phase of a test."""
    named = [["criterion", "HLT-LIVE"], ["service", "frontend"]]
    return {"kind": "report", "id": test, "when": when, "outcome": outcome, "properties": named}


class Watched:
    """A growing evidence file and what was heard of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[CheckFinished] = []
        self.others: list[Event] = []
        self.tail = EvidenceTail(path, self._hear, {"t.py::test_a": "MON-01"})

    def _hear(self, event: Event) -> None:
        if isinstance(event, CheckFinished):
            self.heard.append(event)
        else:
            self.others.append(event)

    def write(self, *records: object, end: str = "\n") -> None:
        """Append records and read on."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n".join(json.dumps(record) for record in records) + end)
        self.tail.read()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A file that does not exist yet, in a run's folder."""
    (tmp_path / "now").mkdir()
    return Watched(tmp_path / "now" / "producers.jsonl")


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


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("t.py::test_a[frontend]", "MON-01@frontend"),
        ("t.py::test_a", "MON-01"),
        ("t.py::test_b[x]", "test_b@x"),
    ],
)
def test_a_check_that_begins_is_told_under_its_criterion(watched: Watched, check: str, name: str) -> None:
    """Or under its own name, where no criterion is known."""
    watched.write({"kind": "begin", "id": check, "at": 1.0})
    assert watched.others == [CheckBegan(check=check, name=name)]


def earlier_run(watched: Watched, name: str, **seconds: float) -> None:
    """Write the evidence of an earlier run whose checks ran one after the other."""
    file = watched.path.parents[1] / name / "producers.jsonl"
    file.parent.mkdir()
    records: list[dict[str, object]] = [{"kind": "start"}, {"kind": "plan", "ids": list(seconds)}]
    at = 1000.0
    for check, taken in seconds.items():
        records.append({**report(check, "call", "passed"), "start": at, "stop": at + taken})
        at += taken
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def test_what_an_earlier_run_took_is_told_with_the_plan(watched: Watched) -> None:
    """A check that is new takes what one takes on average."""
    earlier_run(watched, "before", a=10.0, b=20.0)
    watched.write({"kind": "plan", "total": 3, "ids": ["a", "b", "new"]})
    (planned,) = watched.others

    assert isinstance(planned, ChecksPlanned)
    assert dict(planned.usual) == {"a": 10.0, "b": 20.0, "new": 15.0}
    assert planned.seconds == pytest.approx(45.0)


def test_a_run_of_other_checks_says_nothing_of_this_one(watched: Watched) -> None:
    """Nor does one that is damaged, or one without checks."""
    earlier_run(watched, "other-stage", x=1.0, y=1.0)
    (watched.path.parents[1] / "damaged").mkdir()
    (watched.path.parents[1] / "damaged" / "producers.jsonl").write_bytes(b"\xff{\n[]\n")
    watched.write({"kind": "plan", "total": 2, "ids": ["a", "b"]})

    assert watched.others == []

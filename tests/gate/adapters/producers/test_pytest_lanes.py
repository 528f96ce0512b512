"""What runs beside what: the order in which checks are handed out to workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.adapters.producers.pytest_lanes import Lane, Lanes, Place, from_text, to_text, units

PLACES = st.lists(
    st.builds(Place, lane=st.sampled_from(Lane), group=st.sampled_from(["", "", "a", "b"])), max_size=25
)


@dataclass(eq=False)
class Worker:
    """Stands for xdist's controller of one worker: begins a check when it has the next one, as xdist does."""

    name: str
    queue: list[int | None] = field(default_factory=list)
    is_gone: bool = False

    @property
    def gateway(self) -> SimpleNamespace:
        """Its connection, which has its name."""
        return SimpleNamespace(id=self.name)

    def send_runtest_some(self, indices: list[int]) -> None:
        """Take more checks."""
        self.queue += indices

    def shutdown(self) -> None:
        """End after what was taken."""
        self.queue.append(None)

    @property
    def running(self) -> int | None:
        """The check that it runs now."""
        return self.queue[0] if len(self.queue) > 1 else None


class Run:
    """Drives a scheduler as xdist does, and keeps what ran beside what."""

    def __init__(self, places: list[Place], workers: int) -> None:
        self.places, self.order = places, list[int]()
        self.beside: list[set[int]] = []
        self.lanes = Lanes(workers, lambda: from_text(to_text(places)))
        self.workers = [Worker(f"gw{number}") for number in range(workers)]
        for worker in self.workers:
            self.lanes.add_node(worker)
        for worker in self.workers:
            self.lanes.add_node_collection(worker, [f"test_{i}" for i in range(len(places))])
        self.lanes.schedule()

    def go(self, choose: st.DataObject | None = None) -> None:
        """Let workers finish one check after the other until nobody runs anything."""
        while True:
            self._let_go()
            busy = [worker for worker in self.workers if worker.running is not None]
            if not busy:
                return
            self.beside.append({check for worker in busy if (check := worker.running) is not None})
            worker = choose.draw(st.sampled_from(busy)) if choose else busy[0]
            self.order.append(done := int(worker.queue.pop(0) or 0))
            self.lanes.mark_test_complete(worker, done)

    def _let_go(self) -> None:
        for worker in self.workers:
            if worker.queue[:1] == [None] and not worker.is_gone:
                worker.is_gone = True
                assert self.lanes.remove_node(worker) is None


@given(places=PLACES, workers=st.integers(2, 5), choose=st.data())
def test_every_check_runs_once_and_what_is_alone_runs_alone(
    places: list[Place], workers: int, choose: st.DataObject
) -> None:
    """However long each takes, and however many workers there are."""
    run = Run(places, workers)
    run.go(choose)

    assert sorted(run.order) == list(range(len(places)))
    assert all(worker.is_gone for worker in run.workers)
    assert run.lanes.tests_finished
    for beside in run.beside:
        assert len(beside) == 1 or all(places[check].lane is Lane.SHARED for check in beside)


@given(places=PLACES, workers=st.integers(2, 5), choose=st.data())
def test_turns_and_groups_keep_their_order(places: list[Place], workers: int, choose: st.DataObject) -> None:
    """Early before shared before alone before late; a group's checks one after the other on one worker."""
    run = Run(places, workers)
    run.go(choose)
    when = {check: position for position, check in enumerate(run.order)}
    ranks = [list(Lane).index(places[check].lane) for check in run.order]

    assert ranks == sorted(ranks)
    for group in units(places):
        assert [when[check] for check in group] == sorted(when[check] for check in group)
    for beside in run.beside:
        groups = [places[check].group for check in beside if places[check].group]
        assert len(groups) == len(set(groups))


def test_nothing_is_handed_out_after_a_death() -> None:
    """What the dead worker had seen is lost; the check that it was at is named."""
    run = Run([Place(lane=Lane.SHARED)] * 9, 2)

    assert run.lanes.remove_node(run.workers[1]) == "test_2"
    before = len(run.workers[0].queue)
    run.lanes.mark_test_complete(run.workers[0], 0)
    assert len(run.workers[0].queue) == before
    assert run.lanes.tests_finished


def test_workers_that_collected_other_checks_run_nothing() -> None:
    """Their numbers would mean other checks."""
    lanes, workers = Lanes(2, list), [Worker("gw0"), Worker("gw1")]
    for worker, collected in zip(workers, (["test_a"], ["test_b"]), strict=True):
        lanes.add_node(worker)
        lanes.add_node_collection(worker, collected)
    lanes.schedule()

    assert lanes.tests_finished
    assert [worker.queue for worker in workers] == [[], []]


def test_a_plan_about_other_checks_is_refused() -> None:
    """It would let noise run beside what it disturbs."""
    lanes = Lanes(1, lambda: [Place(lane=Lane.ALONE)])
    worker = Worker("gw0")
    lanes.add_node(worker)
    lanes.add_node_collection(worker, ["test_a", "test_b"])

    with pytest.raises(RuntimeError, match="about 1 checks, and 2 were collected"):
        lanes.schedule()

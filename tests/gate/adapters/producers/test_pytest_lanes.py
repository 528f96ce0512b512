"""What runs beside what: the order in which checks are handed out to workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.adapters.producers.pytest_lanes import Lane, Lanes, Place, from_text, to_text, units

PLACES = st.lists(
    st.builds(
        Place, lane=st.sampled_from(Lane), group=st.sampled_from(["", "", "a", "b"]), is_long=st.booleans()
    ),
    max_size=25,
)

LONG_AND_SHORT = ((False, ""), (False, "a"), (False, ""), (True, "a"), (True, ""), (False, "b"))


@dataclass(eq=False)
class Worker:
    """Stands for xdist's controller of one worker: begins a check when it has the next one, as xdist does."""

    name: str
    queue: list[int | None] = field(default_factory=list)
    is_ready: bool = False
    is_gone: bool = False
    is_cut_off: bool = False
    """It died, and nobody has noticed yet: what is sent to it raises, as execnet does."""

    @property
    def gateway(self) -> SimpleNamespace:
        """Its connection, which has its name."""
        return SimpleNamespace(id=self.name)

    def send_runtest_some(self, indices: list[int]) -> None:
        """Take more checks."""
        if self.is_cut_off:
            raise OSError("cannot send (already closed?)")
        self.queue += indices

    def shutdown(self) -> None:
        """End after what was taken."""
        self.queue.append(None)

    @property
    def running(self) -> int | None:
        """The check that it runs now."""
        return self.queue[0] if self.is_ready and len(self.queue) > 1 else None


class Run:
    """Drives a scheduler as xdist does, and keeps what ran beside what."""

    def __init__(self, places: list[Place], workers: int) -> None:
        self.places, self.order = places, list[int]()
        self.beside: list[set[int]] = []
        self.lanes = Lanes(workers, lambda: from_text(to_text(places)))
        self.workers = [Worker(f"gw{number}") for number in range(workers)]
        self.steps = [(step, worker) for step in (self._come, self._collected) for worker in self.workers]

    def start(self) -> None:
        """Let all workers come, and say what they collected, before any check ends."""
        while self.steps:
            self._next(0)

    def go(self, choose: st.DataObject | None = None) -> None:
        """Let workers come and finish one check after the other until nobody runs anything."""
        while True:
            self._let_go()
            busy = [worker for worker in self.workers if worker.running is not None]
            if not busy and not self.steps:
                return
            self.beside.append({check for worker in busy if (check := worker.running) is not None})
            turns = [*busy, *([None] if self.steps else [])]
            worker = choose.draw(st.sampled_from(turns)) if choose else turns[0]
            if worker is None:
                self._next(choose.draw(st.integers(0, len(self.steps) - 1)) if choose else 0)
                continue
            self.order.append(done := int(worker.queue.pop(0) or 0))
            self.lanes.mark_test_complete(worker, done)

    def _next(self, number: int) -> None:
        """Let the next thing happen to a worker: it comes before it says what it collected."""
        worker = self.steps[number][1]
        first = next(position for position, step in enumerate(self.steps) if step[1] is worker)
        self.steps.pop(first)[0](worker)

    def _come(self, worker: Worker) -> None:
        if self.lanes.tests_finished:  # xdist ends the run then, for those too who come later
            worker.shutdown()
        else:
            self.lanes.add_node(worker)

    def _collected(self, worker: Worker) -> None:
        if not self.lanes.tests_finished:
            self.lanes.add_node_collection(worker, [f"test_{i}" for i in range(len(self.places))])
            if self.lanes.collection_is_completed:
                self.lanes.schedule()
        worker.is_ready = True

    def _let_go(self) -> None:
        for worker in self.workers:
            if worker.is_ready and worker.queue[:1] == [None] and not worker.is_gone:
                worker.is_gone = True
                if worker in self.lanes.nodes:
                    assert self.lanes.remove_node(worker) is None


@given(places=PLACES, workers=st.integers(2, 5), choose=st.data())
def test_every_check_runs_once_and_what_is_alone_runs_alone(
    places: list[Place], workers: int, choose: st.DataObject
) -> None:
    """However long each takes, however many workers there are, and whenever each of them is ready."""
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


def test_long_checks_come_first() -> None:
    """The check that ends last decides when the rest can begin."""
    places = [Place(lane=Lane.SHARED, is_long=long, group=group) for long, group in LONG_AND_SHORT]

    assert units(places) == [[1, 3], [4], [0], [2], [5]]


def test_checks_begin_when_the_first_worker_is_ready() -> None:
    """The others take part as they come; what is alone waits for their end."""
    run = Run([*[Place(lane=Lane.SHARED)] * 3, Place(lane=Lane.ALONE)], 2)
    main, late = run.workers
    run.lanes.add_node(main)
    run.lanes.add_node_collection(main, ["test_0", "test_1", "test_2", "test_3"])
    run.lanes.schedule()
    for check in (0, 1):
        run.lanes.mark_test_complete(main, check)

    assert main.queue == [0, 1, 2, 3]
    run.lanes.mark_test_complete(main, 2)
    assert not run.lanes.tests_finished
    run.lanes.add_node(late)
    assert late.queue == [None]
    run.lanes.remove_node(late)
    assert main.queue == [0, 1, 2, 3, None]


def test_nothing_is_handed_out_after_a_death() -> None:
    """What the dead worker had seen is lost; the check that it was at is named."""
    run = Run([Place(lane=Lane.SHARED)] * 9, 2)
    run.start()

    assert run.lanes.remove_node(run.workers[1]) == "test_2"
    before = len(run.workers[0].queue)
    run.lanes.mark_test_complete(run.workers[0], 0)
    assert len(run.workers[0].queue) == before
    assert run.lanes.tests_finished


def test_nothing_is_handed_out_after_an_early_death() -> None:
    """A worker that leaves before it was told to go died, even if it had begun no check."""
    run = Run([Place(lane=Lane.SHARED)] * 9, 2)
    main, late = run.workers
    run.lanes.add_node(main)
    run.lanes.add_node_collection(main, [f"test_{i}" for i in range(9)])
    run.lanes.schedule()
    run.lanes.add_node(late)

    assert run.lanes.remove_node(late) is None
    assert run.lanes.tests_finished
    run.lanes.mark_test_complete(main, 0)
    assert main.queue == [0, 1]


def test_workers_that_collected_other_checks_end_the_run() -> None:
    """Their numbers would mean other checks."""
    lanes, workers = Lanes(2, lambda: [Place(lane=Lane.SHARED)]), [Worker("gw0"), Worker("gw1")]
    lanes.add_node(workers[0])
    lanes.add_node_collection(workers[0], ["test_a"])
    lanes.schedule()
    lanes.add_node(workers[1])
    lanes.add_node_collection(workers[1], ["test_b"])

    with pytest.raises(RuntimeError, match="collected different checks"):
        lanes.schedule()
    assert workers[1].queue == [None]


def test_a_plan_about_other_checks_is_refused() -> None:
    """It would let noise run beside what it disturbs."""
    lanes = Lanes(1, lambda: [Place(lane=Lane.ALONE)])
    worker = Worker("gw0")
    lanes.add_node(worker)
    lanes.add_node_collection(worker, ["test_a", "test_b"])

    with pytest.raises(RuntimeError, match="about 1 checks, and 2 were collected"):
        lanes.schedule()


def test_a_death_that_shows_when_a_check_is_handed_out_ends_the_run_and_names_the_check() -> None:
    """The other worker has ended as it should; the last checks cannot be sent to the one that died."""
    run = Run([Place(lane=Lane.SHARED), Place(lane=Lane.ALONE), Place(lane=Lane.ALONE)], workers=2)
    run.start()
    main, other = run.workers
    main.is_cut_off = True

    assert run.lanes.remove_node(other) is None
    assert run.lanes.tests_finished
    assert run.lanes.remove_node(main) == "test_0"

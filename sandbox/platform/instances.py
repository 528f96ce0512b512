"""The instances of one revision: which one gets a request, when one is started and when one is ended."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import math

from sandbox.platform import scaling
from sandbox.platform.contract import RevisionSpec, StartError
from sandbox.platform.instance import Instance, InstanceLauncher, State

PENDING_S = 10.0
"""How long a request waits for an instance before it is refused."""
_FIRST_BACKOFF_S = 0.2
_LONGEST_BACKOFF_S = 10.0
_STABLE_AFTER_S = 1.0


class NoCapacityError(Exception):
    """All instances are busy, no more are allowed, and the request has waited long enough."""


class Fleet:
    """The instances of one revision. Lives in one event loop; everything between two awaits is atomic."""

    def __init__(self, spec: RevisionSpec, launcher: InstanceLauncher, *, idle_s: float) -> None:
        """Describe the fleet; nothing runs before `start`, `resize` or `acquire`."""
        self.spec = spec
        self._launcher = launcher
        self.idle_s = idle_s
        """How long an instance beyond the minimum stays without a request, in seconds."""
        self._bounds = scaling.Bounds(spec.min_instances, spec.max_instances)
        self._instances: list[Instance] = []
        self._waiting: collections.deque[asyncio.Future[Instance]] = collections.deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._backoff_s = 0.0
        self._not_before = 0.0

    @property
    def size(self) -> int:
        """Instances that run or start."""
        return sum(instance.state is not State.ENDED for instance in self._instances)

    @property
    def is_up(self) -> bool:
        """Whether an instance serves requests."""
        return any(instance.state is State.READY for instance in self._instances)

    @property
    def busy(self) -> int:
        return sum(instance.in_flight > 0 for instance in self._instances)

    @property
    def pids(self) -> list[int]:
        return [pid for instance in self._instances if (pid := instance.pid) is not None]

    async def start(self) -> None:
        """Make sure that one instance is up; return at once when one is.

        Raises:
            StartError: it could not be started, or the fleet was stopped meanwhile.
        """
        if self.is_up:
            return
        launch = self._run(self._launch())
        await asyncio.wait((launch,))
        if launch.cancelled():
            raise StartError(f"{self.spec.revision} was stopped while it started.")
        launch.result()

    def resize(self, bounds: scaling.Bounds) -> None:
        """Take new bounds: start what is missing, drain what is too much."""
        self._bounds = bounds
        self._not_before = 0.0
        self.balance()

    async def acquire(self) -> Instance:
        """Reserve a place at an instance for one request; give it back with `release`.

        Raises:
            NoCapacityError: nothing became free in time.
            StartError: the instance that the request waited for could not be started.
        """
        candidates = (instance for instance in self._instances if instance.has_room)
        instance = min(candidates, key=lambda one: one.in_flight, default=None)
        if instance is None:
            return await self._queue()
        instance.enter()
        return instance

    def release(self, instance: Instance) -> None:
        instance.leave()
        self._hand_out(instance)

    def balance(self) -> None:
        """Start instances up to the minimum and drain those beyond what is wanted; called once in a while."""
        now = asyncio.get_running_loop().time()
        if now >= self._not_before:
            for _ in range(self._bounds.minimum - len(self._staying())):
                self._launch_in_background()
        for instance in self._instances:
            self._hand_out(instance)
        self._grow()
        for instance in self._surplus(now):
            instance.state = State.DRAINING
            self._run(instance.drain())

    async def stop(self) -> None:
        """End all instances, in flight or not, also those that are just starting."""
        self._bounds = scaling.NONE
        self._fail_waiting(StartError(f"{self.spec.revision} is being stopped."))
        # Launches end first: an instance that became ready meanwhile would never be stopped.
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        started = [one for one in self._instances if one.state not in (State.STARTING, State.ENDED)]
        await asyncio.gather(*(instance.stop() for instance in started))
        self._instances.clear()

    def _staying(self) -> list[Instance]:
        return [one for one in self._instances if one.state in (State.STARTING, State.READY, State.UNREADY)]

    def _surplus(self, now: float) -> list[Instance]:
        """Instances to drain: all beyond the maximum, and of the idle ones all beyond the minimum."""
        if self._waiting:
            return []
        started = [one for one in self._staying() if one.state is not State.STARTING]
        started.sort(key=lambda one: (one.in_flight, one.idle_since))
        excess = max(0, len(self._staying()) - self._bounds.maximum)
        idle = [one for one in started[excess:] if not one.in_flight and now - one.idle_since >= self.idle_s]
        spare = max(0, len(self._staying()) - excess - self._bounds.minimum)
        return started[:excess] + idle[:spare]

    async def _queue(self) -> Instance:
        if not self._bounds.maximum and not self._staying():
            raise NoCapacityError(f"{self.spec.revision} may have no instance.")
        waiting: asyncio.Future[Instance] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._grow()
        try:
            async with asyncio.timeout(PENDING_S):
                return await waiting
        except TimeoutError:
            self._forget(waiting)
            raise NoCapacityError(
                f"No instance of {self.spec.revision} was free within {PENDING_S:g} s."
            ) from None
        except asyncio.CancelledError:
            self._forget(waiting)
            raise

    def _forget(self, waiting: asyncio.Future[Instance]) -> None:
        """Take a request out of the queue; it may have been given a place in the very last moment."""
        if waiting in self._waiting:
            self._waiting.remove(waiting)
        elif waiting.done() and not waiting.cancelled() and waiting.exception() is None:
            self.release(waiting.result())

    def _grow(self) -> None:
        """Start as many instances as the waiting requests need and the maximum allows."""
        starting = sum(one.state is State.STARTING for one in self._instances)
        needed = math.ceil(len(self._waiting) / self.spec.concurrency) - starting
        for _ in range(min(needed, self._bounds.maximum - len(self._staying()))):
            self._launch_in_background()

    def _hand_out(self, instance: Instance) -> None:
        while self._waiting and instance.has_room:
            waiting = self._waiting.popleft()
            if not waiting.done():
                instance.enter()
                waiting.set_result(instance)

    def _launch_in_background(self) -> None:
        self._run(self._launch_quietly())

    async def _launch_quietly(self) -> None:
        with contextlib.suppress(StartError):
            await self._launch()

    async def _launch(self) -> None:
        instance = Instance(self.spec, self._launcher)
        self._instances.append(instance)
        try:
            await instance.start()
        except BaseException as error:
            self._instances.remove(instance)
            self._back_off()
            if isinstance(error, StartError) and not self._staying():
                self._fail_waiting(error)
            raise
        self._run(self._attend(instance))
        self._hand_out(instance)

    async def _attend(self, instance: Instance) -> None:
        """Wait for an instance's end, wanted or not, and replace it when it is missed."""
        started = asyncio.get_running_loop().time()
        await instance.wait_ended()
        self._instances.remove(instance)
        if asyncio.get_running_loop().time() - started < _STABLE_AFTER_S:
            self._back_off()
        else:
            self._backoff_s = 0.0
        self.balance()

    def _back_off(self) -> None:
        self._backoff_s = min(max(self._backoff_s * 2, _FIRST_BACKOFF_S), _LONGEST_BACKOFF_S)
        self._not_before = asyncio.get_running_loop().time() + self._backoff_s

    def _fail_waiting(self, error: StartError) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_exception(error)

    def _run(self, work: collections.abc.Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

"""Sends the requests of a plan (LOAD_PLAN) by users that share one schedule.

A user is one request in flight. It takes the next request of the schedule, waits until it is due and sends
it. While all users wait for answers, requests that are due wait until a user is free. The record keeps that
apart from a loop that comes late.

LOAD_TOKEN is an access token. Two things happen before the clock starts: the first requests of a platform
that may be cold, and the TLS handshakes of all connections.
"""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from locust import FastHttpUser, constant_throughput, events, task
from locust.exception import StopUser

from gates.tokens import TOKENS
from load.machine import Watch
from load.plan import read_plan
from load.profiles import Kind
from load.recorder import DONE, STATUS, Recorder, Row, status_of
from load.schedule import arrivals
from load.tls import ANSWER_S, CONNECT_S, connections

PLAN = read_plan(Path(os.environ["LOAD_PLAN"]))
OFFER = PLAN.offer
NAMES = tuple(path.partition("?")[0] for path in PLAN.paths)
HEADERS = {"Authorization": f"Bearer {os.environ.get('LOAD_TOKEN', '')}", "Host": PLAN.host}
TRIES = 3
"""How often a path of a cold platform is asked for until it answers."""
SOON_S = 0.05
RECORDER = Recorder()


class Stage:
    """The clock that all users share."""

    def __init__(self) -> None:
        self.schedule = arrivals(
            rate=OFFER.rate,
            warm_up=OFFER.warm_up,
            seconds=OFFER.seconds,
            paths=len(PLAN.paths),
            seed=PLAN.seed,
        )
        self.end = OFFER.warm_up + OFFER.seconds
        self.start = 0.0
        self.taken = 0
        self.given_up: list[float] = []
        self.watch: Watch | None = None
        self._came, self._opened, self._left = 0, 0, 0
        self._is_warm, self._runs = Event(), Event()

    def now(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.start

    def open(self, user: Caller | Patient) -> None:
        """Open a user's connection; return when those of all users are open and the clock runs."""
        self._came += 1
        if self._came == 1:
            self._warm(user)
            self._is_warm.set()
        self._is_warm.wait()
        user.ask(self._came % len(PLAN.paths), row=None)
        self._opened += 1
        if self._opened == OFFER.connections:
            self.start = time.monotonic() + SOON_S
            RECORDER.started = time.process_time()
            self.watch = Watch(self.start, gevent.sleep)
            gevent.spawn(self.watch.run, itertools.count(1))
            gevent.spawn_later(self.end + CONNECT_S + ANSWER_S, user.environment.runner.quit)
            self._runs.set()
        self._runs.wait()

    def _warm(self, user: Caller | Patient) -> None:
        for path in range(len(PLAN.paths)):
            for _ in range(TRIES):
                if user.ask(path, row=None):
                    break

    def take(self) -> tuple[float, int]:
        """Return when the next request is due and its path; end the user when there is none."""
        if self.taken == len(self.schedule):
            raise StopUser
        arrival = self.schedule[self.taken]
        self.taken += 1
        if self.now() >= self.end:
            self.given_up.append(arrival.due)
            raise StopUser
        return arrival.due, arrival.path

    def leave(self, user: Caller | Patient) -> None:
        """Let a user go; the last one ends the run."""
        self._left += 1
        if self._left == OFFER.connections:
            gevent.spawn(user.environment.runner.quit)

    def unsent(self) -> list[float]:
        """Return when each request was due that was never sent."""
        return [*self.given_up, *(arrival.due for arrival in self.schedule[self.taken :])]


STAGE = Stage()


class _Sender(FastHttpUser):  # type: ignore[misc]
    """Asks for paths with the one token, over the one pool of connections."""

    abstract = True
    insecure = False
    client_pool = connections(host=PLAN.host, ca_file=PLAN.ca_file, most=OFFER.connections)

    def on_start(self) -> None:
        """Open the connection before the clock starts."""
        STAGE.open(self)

    def on_stop(self) -> None:
        """Tell the stage."""
        STAGE.leave(self)

    def ask(self, path: int, *, row: Row | None) -> bool:
        """Send one request and say whether the answer was good."""
        headers = {**HEADERS, **TOKENS.headers_or_none(PLAN.audience)}
        answer = self.client.get(PLAN.paths[path], headers=headers, name=NAMES[path], context={"row": row})
        return bool(200 <= (answer.status_code or 0) < 300)


class Caller(_Sender):
    """Sends what the schedule says, when it is due."""

    abstract = OFFER.kind is not Kind.ARRIVALS
    turn: tuple[float, float, int] | None = None

    def wait_time(self) -> float:
        """Take the next request and return the seconds until it is due."""
        due, path = STAGE.take()
        now = STAGE.now()
        self.turn = due, now, path
        return max(0.0, due - now)

    @task  # type: ignore[untyped-decorator]
    def send(self) -> None:
        """Send what is due."""
        if self.turn is not None:
            due, free, path = self.turn
            self.ask(path, row=RECORDER.begin(due, free, STAGE.now(), path))


class Patient(_Sender):
    """Sends a request each second, and waits for its answer before the next one."""

    abstract = OFFER.kind is not Kind.USERS
    wait_time = constant_throughput(1.0)
    _turns = itertools.count()
    _starts = itertools.count()

    def on_start(self) -> None:
        """Start somewhere within a second: users do not come all at once."""
        super().on_start()
        gevent.sleep(next(self._starts) / OFFER.connections)

    @task  # type: ignore[untyped-decorator]
    def send(self) -> None:
        """Ask for the next path."""
        now = STAGE.now()
        if now >= STAGE.end:
            raise StopUser
        path = next(self._turns) % len(PLAN.paths)
        self.ask(path, row=RECORDER.begin(now, now, now, path))


@events.request.add_listener  # type: ignore[untyped-decorator]
def keep(response_time: float, exception: BaseException | None, **seen: Any) -> None:
    """Keep when the answer was complete, and what it was."""
    row: Row | None = seen["context"]["row"]
    status = status_of(seen.get("response"), exception)
    if row is None:
        RECORDER.opening.append((str(seen["name"]), response_time, status))
    else:
        row[DONE], row[STATUS] = STAGE.now(), status


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def write(environment: Any, **_: Any) -> None:
    """Write the record."""
    counted = environment.stats.total.num_requests
    unsent = STAGE.unsent() if OFFER.kind is Kind.ARRIVALS else []
    RECORDER.write(PLAN, unsent=unsent, counted=counted, watch=STAGE.watch)
    environment.process_exit_code = 0

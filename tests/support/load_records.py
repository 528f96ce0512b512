"""Records of load runs, as a generator would have written them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from load.machine import Sample
from load.plan import PATHS
from load.profiles import Kind, Offer
from load.record import Record, Sent
from load.recorder import NOT_DONE
from load.run import Entrance
from load.schedule import arrivals
from tests.support.tiny_https_server import TinyHttps

HOST = "a.run.test"
QUIET = Sample(at=0.0, length=0.5, idle=0.6, queued=0.01, contended=0.2, throttled=0.0)


def offer(**changes: Any) -> Offer:
    """Return an offer of 20 requests/s for 10 s after 2 s of warm-up."""
    values: dict[str, Any] = {
        "name": "tiny",
        "kind": Kind.ARRIVALS,
        "rate": 20.0,
        "warm_up": 2.0,
        "seconds": 10.0,
        "connections": 20,
    }
    return Offer(**{**values, **changes})


def healthy(one: Offer | None = None, *, seconds: float = 0.02) -> Record:
    """Return a run in which every request was sent when it was due and answered after `seconds`."""
    given = one or offer()
    due = arrivals(rate=given.rate, warm_up=given.warm_up, seconds=given.seconds, paths=len(PATHS))
    end = given.warm_up + given.seconds
    return Record(
        offer=given,
        paths=PATHS,
        opening=(("/api/v1/routes", 900.0, 200),),
        sent=tuple(Sent(a.due, a.due, a.due, a.due + seconds, 200, a.path) for a in due),
        unsent=(),
        stalls=(),
        samples=tuple(replace(QUIET, at=number / 2) for number in range(int(end * 2))),
        cpu_s=0.1,
        counted=len(due) + 1,
    )


def changed(record: Record, change: Callable[[Sent], Sent], *, start: float, end: float) -> Record:
    """Return the record with the requests changed that were due from `start` to `end`."""
    return replace(record, sent=tuple(change(one) if start <= one.due < end else one for one in record.sent))


def limited(record: Record, *, rate: float) -> Record:
    """Return the record of a platform that answers `rate` requests/s, one after the other."""
    end, turn, busy = record.window.end, 0.0, [0.0] * record.offer.connections
    sent, unsent = [], []
    for one in record.sent:
        place = busy.index(min(busy))
        free = max(one.due, busy[place])
        if free >= end:
            unsent.append(one.due)
            continue
        turn = max(turn, free) + 1 / rate
        busy[place] = turn
        sent.append(replace(one, free=free, sent=free, done=turn))
    return replace(record, sent=tuple(sent), unsent=tuple(unsent))


def busy(record: Record, *, start: float, end: float) -> Record:
    """Return the record of a machine without an idle processor from `start` to `end`."""
    samples = tuple(
        replace(sample, idle=0.0, contended=1.0) if start <= sample.at < end else sample
        for sample in record.samples
    )
    return replace(record, samples=samples)


def write_record(record: Record, path: Path) -> None:
    """Write a record as the generator does."""
    rows = [
        (one.due, one.free, one.sent, NOT_DONE if one.done is None else one.done, one.status, one.path)
        for one in record.sent
    ]
    document = {
        "plan": {"offer": asdict(record.offer), "paths": record.paths},
        "counted": record.counted,
        "cpu_s": record.cpu_s,
        "opening": record.opening,
        "rows": rows,
        "unsent": record.unsent,
        "stalls": record.stalls,
        "samples": [asdict(sample) for sample in record.samples],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


def entrance(server: TinyHttps) -> Entrance:
    """Return the way to a server on this machine."""
    return Entrance(address=f"127.0.0.1:{server.port}", host=HOST, token="none", ca_file=server.ca_file)

"""Several workers look where waiting is what takes the time, and one where it is not."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.producers import worker_count
from gates.adapters.producers.worker_count import MOST, worth
from gates.model.platform import Endpoints
from gates.model.target import ServiceTarget
from tests.support import builders
from tests.support.one_producer import TARGET
from tests.support.tiny_https_server import TinyHttps, tiny_dns

HOST = "a.run.test"
AT_HOST = replace(
    TARGET, services=(ServiceTarget(name="a", base_url=f"https://{HOST}", revision="a-1", digest="sha256:1"),)
)


@pytest.mark.parametrize(
    ("distance", "criteria", "cores_and_wanted"),
    [
        (0.4, 60, (4, MOST)),
        (0.4, 60, (2, 6)),
        (0.1, 60, (4, 4)),
        (0.1, 6, (4, 2)),
        (0.4, 1, (4, 1)),
        (0.0, 60, (4, 1)),
    ],
)
def test_as_many_look_as_pay(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    distance: float,
    criteria: int,
    cores_and_wanted: tuple[int, int],
) -> None:
    """The farther the more, up to eight; fewer for few criteria; one where an answer comes at once."""
    cores, wanted = cores_and_wanted
    monkeypatch.setattr(worker_count, "_FAR_S", 0.09)  # a busy machine's answer is no distance
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: set(range(cores)))

    def answer(_number: int) -> tuple[int, bytes]:
        threading.Event().wait(distance)
        return 404, b""

    with (
        TinyHttps(tmp_path, answer, certified=(HOST,)).running() as server,
        tiny_dns({HOST: "127.0.0.1"}) as address,
    ):
        endpoints = Endpoints(dns=address, ports=((443, server.port),), ca_file=server.ca_file)
        assert (
            worth(
                replace(builders.environment(allowed_impacts=()), endpoints=endpoints),
                AT_HOST,
                criteria=criteria,
            )
            == wanted
        )


def test_one_looks_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there is not waited for."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0, 1})
    with tiny_dns({}) as address:
        nowhere = replace(builders.environment(allowed_impacts=()), endpoints=Endpoints(dns=address))
        assert worth(nowhere, AT_HOST, criteria=60) == 1

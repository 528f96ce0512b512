"""The prober looks at the platform as a caller from outside does, and its results can be queried."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest
from google.cloud import monitoring_v3

from sandbox.platform.monitoring.uptime_checks import CHECK_PASSED, Prober
from tests.sandbox.observability.conftest import PARENT, Watch
from tests.support.tiny_https_server import TinyHttps

HOSTS = ("app.isectech.test", "api.isectech.test")


def results(watch: Watch, server: TinyHttps) -> dict[str, bool]:
    """Carry every check out once and read what Monitoring then says, by host."""

    async def probe() -> None:
        trust = ssl.create_default_context(cafile=server.ca_file)
        prober = Prober(watch.suite.uptime, watch.store, port=server.port, trust=trust)
        await prober.probe_all()
        await prober.close()

    watch.loop.run(probe())
    now = int(time.time())
    found = watch.client(monitoring_v3.MetricServiceClient).list_time_series(
        name=PARENT,
        filter=f'metric.type = "{CHECK_PASSED.type}" AND resource.type = "uptime_url"',
        interval={"start_time": {"seconds": now - 60}, "end_time": {"seconds": now + 1}},
        view="FULL",
    )
    return {one.resource.labels["host"]: one.points[0].value.bool_value for one in found}


@pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False)])
def test_a_check_passes_when_its_host_answers_well(
    watch: Watch, tmp_path: Path, status: int, *, expected: bool
) -> None:
    """Each host is asked by its name over TLS; anything but 2xx fails the check."""
    with TinyHttps(tmp_path, lambda _: (status, b""), certified=HOSTS).running() as server:
        assert results(watch, server) == dict.fromkeys(HOSTS, expected)
        assert {(one.server_name, one.host) for one in server.seen} == {(host, host) for host in HOSTS}


def test_a_certificate_for_another_name_fails_the_check(watch: Watch, tmp_path: Path) -> None:
    """A host that does not show a certificate for its name is not up."""
    with TinyHttps(tmp_path, lambda _: (200, b""), certified=HOSTS[:1]).running() as server:
        assert results(watch, server) == {HOSTS[0]: True, HOSTS[1]: False}

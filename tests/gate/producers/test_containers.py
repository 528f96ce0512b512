"""What readiness asks about probes, it asks of the container that takes the requests."""

from __future__ import annotations

from itertools import permutations

import pytest
from google.cloud import run_v2

from tests.readiness.infrastructure.containers import application_of

PORT = [run_v2.ContainerPort(container_port=8080)]
BESIDE = [run_v2.Container(name="proxy"), run_v2.Container(name="collector")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_container_with_ports_is_the_application(order: tuple[int, ...]) -> None:
    """Wherever it stands."""
    containers = [*BESIDE, run_v2.Container(name="app", ports=PORT)]
    revision = run_v2.Revision(containers=[containers[place] for place in order])
    assert application_of(revision).name == "app"


def test_a_container_alone_need_not_name_its_port() -> None:
    """It is the application all the same."""
    assert application_of(run_v2.Revision(containers=[run_v2.Container(name="app")])).name == "app"

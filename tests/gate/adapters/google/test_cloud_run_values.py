"""Of several containers the one with `ports` is the application; the others are left as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.cloud import run_v2

from gates.adapters.google.cloud_run_configuration import CloudRunConfiguration
from gates.adapters.google.cloud_run_deployer import CloudRunDeployer
from gates.adapters.google.cloud_run_values import application, image_of, revision_state, with_image
from gates.errors import CloudError
from gates.model.configuration import NewRevision
from gates.model.platform import Endpoints, Environment
from gates.model.state import Purpose
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support import builders
from tests.support.fake_clock import FakeClock
from tests.support.tiny_run_server import TinyRun, serving

SIDECAR = run_v2.Container(name="collector", image="registry.test/otel@sha256:sidecar")
APPLICATION = run_v2.Container(
    name="app", image="registry.test/a@sha256:app", ports=[run_v2.ContainerPort(container_port=8080)]
)
ALONE = run_v2.Container(image="registry.test/a@sha256:alone")


@pytest.mark.parametrize(
    ("containers", "digest"),
    [
        ((SIDECAR, APPLICATION), "sha256:app"),
        ((APPLICATION, SIDECAR), "sha256:app"),
        ((SIDECAR, SIDECAR, APPLICATION), "sha256:app"),
        ((ALONE,), "sha256:alone"),
        ((), ""),
    ],
)
def test_the_digest_of_a_revision_is_its_application_s(containers: tuple[Any, ...], digest: str) -> None:
    """Wherever a sidecar stands in the list."""
    state = revision_state(run_v2.Revision(name="a/b/svc-1", containers=list(containers)))
    assert (state.digest, state.image.partition("@")[2]) == (digest, digest)


def test_a_new_image_touches_the_application_alone() -> None:
    """The sidecar keeps its image, and what was read is not changed."""
    template = run_v2.RevisionTemplate(containers=[SIDECAR, APPLICATION])
    changed = with_image(template, "registry.test/page")
    assert [one.image for one in changed.containers] == [SIDECAR.image, "registry.test/page"]
    assert image_of(template) == APPLICATION.image
    assert application(run_v2.RevisionTemplate()) is None
    with pytest.raises(CloudError, match="no container"):
        with_image(run_v2.RevisionTemplate(), "registry.test/page")


def _deploy(environment: Environment) -> str:
    maker = CloudRunDeployer(environment)
    maker.deploy("a", "registry.test/a:bad", percent=100, tag="")
    maker.close()
    return "registry.test/a:bad"


def _cover(environment: Environment) -> str:
    maker = CloudRunConfiguration(environment, FakeClock())
    assert maker.settings("a").image == APPLICATION.image
    split = TrafficSplit(targets=(TrafficTarget(revision="a-page", percent=100),))
    over = maker.settings("a").traffic
    new = NewRevision(name="a-page", purpose=Purpose.PAGE, traffic=split, over=over)
    maker.deploy("a", "registry.test/page", new)
    maker.close()
    return "registry.test/page"


@pytest.mark.parametrize("write", [_deploy, _cover])
def test_a_deployment_keeps_every_sidecar(write: Callable[[Environment], str]) -> None:
    """The maintenance page and a benchmark's revision take the application's place and no other."""
    run = TinyRun()
    run.service.template = run_v2.RevisionTemplate(containers=[SIDECAR, APPLICATION])
    with serving(run) as address:
        image = write(
            builders.environment(
                service_name="isectech-{service}-sandbox",
                allowed_impacts=(),
                endpoints=Endpoints(run_grpc=address),
            )
        )
    (request,) = run.command("UpdateService")
    assert [one.image for one in request.service.template.containers] == [SIDECAR.image, image]

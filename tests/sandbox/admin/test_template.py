"""What a template may say, which revision it makes, and what the data plane is told to run."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.protobuf import duration_pb2

from sandbox.platform.contract import Probe
from tests.sandbox.admin.local_cloud import LocalCloud, short, template


def with_container(**fields: Any) -> run_v2.Service:
    """Return a service whose one container has these fields."""
    return run_v2.Service(
        template=run_v2.RevisionTemplate(containers=[run_v2.Container(**{"image": "img:1", **fields})])
    )


def with_template(**fields: Any) -> run_v2.Service:
    """Return a service whose template has these fields."""
    return run_v2.Service(template=template("img:1", **fields))


def http_probe(**fields: Any) -> run_v2.Probe:
    """Return an HTTP probe."""
    return run_v2.Probe(http_get=run_v2.HTTPGetAction(path="/readyz"), **fields)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (run_v2.Service(), "service.template.containers"),
        (with_container(image=""), "service.template.containers[0].image"),
        (with_template(timeout=duration_pb2.Duration(seconds=3601)), "service.template.timeout"),
        (
            with_template(max_instance_request_concurrency=1001),
            "service.template.max_instance_request_concurrency",
        ),
        (with_template(revision="other-1"), "service.template.revision"),
        (with_template(labels={"serving.knative.dev/x": "y"}), "service.template.labels"),
        (with_template(annotations={"run.googleapis.com/x": "y"}), "service.template.annotations"),
        (run_v2.Service(template=template(), labels={"cloud.googleapis.com/x": "y"}), "service.labels"),
        (
            run_v2.Service(template=template(), annotations={"sub.autoscaling.knative.dev/x": "y"}),
            "service.annotations",
        ),
        (run_v2.Service(template=template(), labels={"team": "Upper Case"}), "service.labels"),
        (run_v2.Service(template=template(), description="d" * 513), "service.description"),
        (run_v2.Service(template=template(), ingress=4), "service.ingress"),
        (
            with_container(startup_probe=http_probe(period_seconds=60, failure_threshold=5)),
            "service.template.containers[0].startup_probe",
        ),
        (
            with_container(liveness_probe=http_probe(period_seconds=1, timeout_seconds=2)),
            "service.template.containers[0].liveness_probe.timeout_seconds",
        ),
        (
            with_container(env=[run_v2.EnvVar(name="S", value_source=run_v2.EnvVarSource())]),
            "service.template.containers[0].env",
        ),
    ],
)
def test_an_invalid_template_is_refused(cloud: LocalCloud, body: run_v2.Service, field: str) -> None:
    """Each rule names the field that breaks it, and no service comes into being."""
    with pytest.raises(exceptions.InvalidArgument) as refused:
        cloud.begin_create("svc", body)
    assert field in [one.field for one in refused.value.details[0].field_violations]
    with pytest.raises(exceptions.NotFound):
        cloud.get()


def test_all_violations_are_named_at_once(cloud: LocalCloud) -> None:
    """A caller need not fix them one by one."""
    body = with_template(revision="other-1", max_instance_request_concurrency=-1)
    with pytest.raises(exceptions.InvalidArgument) as refused:
        cloud.begin_create("svc", body)
    assert len(refused.value.details[0].field_violations) == 2


def test_limits_themselves_are_allowed(cloud: LocalCloud) -> None:
    """3600 s, 1000 requests at once and a startup of 240 s are the last allowed values."""
    body = with_template(timeout=duration_pb2.Duration(seconds=3600), max_instance_request_concurrency=1000)
    body.template.containers[0].startup_probe = http_probe(period_seconds=24, failure_threshold=10)
    template = cloud.create(body=body).template
    probe = template.containers[0].startup_probe
    assert (template.timeout.seconds, template.max_instance_request_concurrency) == (3600, 1000)
    assert (probe.period_seconds, probe.failure_threshold) == (24, 10)


def test_the_data_plane_gets_the_whole_specification(cloud: LocalCloud) -> None:
    """Image, digest, variables, limits and probes reach the process that is started."""
    body = with_template(
        timeout=duration_pb2.Duration(seconds=12),
        max_instance_request_concurrency=3,
        scaling=run_v2.RevisionScaling(min_instance_count=1, max_instance_count=4),
    )
    body.template.containers[0].env = [run_v2.EnvVar(name="COLOUR", value="blue")]
    body.template.containers[0].startup_probe = http_probe(period_seconds=2, initial_delay_seconds=1)
    body.template.containers[0].liveness_probe = run_v2.Probe(tcp_socket=run_v2.TCPSocketAction())
    revision = short(cloud.create(body=body).latest_ready_revision)
    spec = cloud.plane.specs[revision]
    assert (spec.service, spec.revision, spec.image) == ("svc", revision, "img:1")
    assert spec.digest == cloud.plane.digest_of("img:1")
    assert spec.env == {"COLOUR": "blue"}
    assert (spec.timeout_s, spec.concurrency) == (12.0, 3)
    assert (spec.min_instances, spec.max_instances) == (1, 4)
    assert spec.startup == Probe(path="/readyz", period_s=2.0, initial_delay_s=1.0)
    assert spec.liveness == Probe(path=None)
    assert spec.readiness is None


def test_defaults_are_cloud_runs_own(cloud: LocalCloud) -> None:
    """Unsaid means 80 requests at once, 300 s, up to 100 instances."""
    service = cloud.create()
    revision = cloud.revisions.get_revision(name=service.latest_ready_revision)
    spec = cloud.plane.specs[short(revision.name)]
    assert (spec.concurrency, spec.timeout_s, spec.max_instances) == (80, 300.0, 100)
    assert revision.max_instance_request_concurrency == 80


def test_the_same_template_makes_no_revision(cloud: LocalCloud) -> None:
    """A template that says nothing new is no deployment."""
    cloud.create()
    after = cloud.update("svc", "template", template=template("img:1"))
    assert len(cloud.revision_names()) == 1
    assert after.observed_generation == after.generation == 2


def test_a_revision_name_means_one_configuration(cloud: LocalCloud) -> None:
    """Reading a service back and changing its template under the same name is ALREADY_EXISTS."""
    cloud.create(body=with_template(revision="svc-blue"))
    with pytest.raises(
        exceptions.AlreadyExists, match="Revision named 'svc-blue' with different configuration"
    ):
        cloud.begin_update("svc", ["template"], template=template("img:2", revision="svc-blue"))
    cloud.update("svc", "template", template=template("img:1", revision="svc-blue"))
    cloud.update("svc", "template", template=template("img:1", revision="svc-green"))
    assert cloud.revision_names() == ["svc-green", "svc-blue"]


@pytest.mark.parametrize("image", ["img:gone", f"img:1@sha256:{'0' * 64}"])
def test_an_image_that_cannot_be_resolved_never_becomes_ready(cloud: LocalCloud, image: str) -> None:
    """An unknown reference or another digest is accepted and fails in the operation."""
    cloud.plane.missing.add("img:gone")
    done = cloud.wait(cloud.begin_create("svc", run_v2.Service(template=template(image))))
    assert done.error.code == 9
    assert "not found" in done.error.message
    assert cloud.get().latest_ready_revision == ""


def test_an_image_may_name_its_digest(cloud: LocalCloud) -> None:
    """The digest that the reference resolves to is accepted and kept."""
    image = f"img:1@{cloud.plane.digest_of('img:1')}"
    service = cloud.create(body=run_v2.Service(template=template(image)))
    assert cloud.revisions.get_revision(name=service.latest_ready_revision).containers[0].image == image

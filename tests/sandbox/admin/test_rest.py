"""The REST port: knobs, and the Knative rules that gcloud alone does not reach."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from google.cloud import run_v2

from tests.sandbox.admin.local_cloud import PROJECT, LocalCloud, short, template

SERVICES = f"/apis/serving.knative.dev/v1/namespaces/{PROJECT}/services"


@pytest.fixture
def rest(cloud: LocalCloud) -> Any:
    """An HTTP client of the REST port."""
    with httpx.Client(base_url=cloud.rest) as client:
        yield client


def test_knobs_can_be_read_and_changed(rest: httpx.Client, cloud: LocalCloud) -> None:
    """A change names what it changes and takes effect at once."""
    before = rest.get("/sandbox/knobs").json()
    changed = rest.put("/sandbox/knobs", json={"traffic_lag_s": 2, "etag_mode": "ignored"}).json()
    assert changed == {**before, "traffic_lag_s": 2, "etag_mode": "ignored"}
    assert cloud.running.control.knobs.current.etag_mode == "ignored"


def test_injected_waits_are_counted_whatever_they_take(rest: httpx.Client, cloud: LocalCloud) -> None:
    """An hour's operation ends when the factor goes to nothing; side by side two hours are one."""
    cloud.create("one")
    cloud.create("two")
    before = rest.get("/sandbox/waits").json()["waitedSeconds"]
    rest.put("/sandbox/knobs", json={"operation_latency_s": 3600.0})
    running = [cloud.begin_update(name, ["description"], description="new") for name in ("one", "two")]
    assert rest.get("/sandbox/waits").json()["waitedSeconds"] == before
    rest.put("/sandbox/knobs", json={"wait_factor": 0.0})
    for operation in running:
        cloud.succeed(operation)
    assert rest.get("/sandbox/waits").json()["waitedSeconds"] == pytest.approx(before + 3600.0)


@pytest.mark.parametrize(
    "body",
    ['{"unknown": 1}', '{"traffic_lag_s": -1}', '{"traffic_lag_s": NaN}', '{"traffic_lag_s": true}',
     '{"operations_denied": 1}', '{"etag_mode": "maybe"}', '{"writes_per_minute": 1.5}', "[1]", "{"],
)  # fmt: skip
def test_a_bad_knob_is_refused(rest: httpx.Client, body: str) -> None:
    """Nothing changes, not even the good knobs beside it."""
    before = rest.get("/sandbox/knobs").json()
    answer = rest.put("/sandbox/knobs", content=body)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert rest.get("/sandbox/knobs").json() == before


@pytest.mark.parametrize("etag_mode", ["enforced", "ignored"])
def test_a_stale_resource_version_is_refused_in_both_modes(
    rest: httpx.Client, cloud: LocalCloud, etag_mode: str
) -> None:
    """v1 is a compare-and-swap even where v2 is not."""
    cloud.create()
    cloud.turn(etag_mode=etag_mode)
    read = rest.get(f"{SERVICES}/svc").json()
    cloud.update("svc", "description", description="meanwhile")
    answer = rest.put(f"{SERVICES}/svc", json=read)
    assert (answer.status_code, answer.json()["error"]["status"]) == (409, "ABORTED")
    assert cloud.get().description == "meanwhile"


def test_putting_back_what_was_read_changes_nothing(rest: httpx.Client, cloud: LocalCloud) -> None:
    """The round trip through v1 keeps every field, also those that v1 does not show."""
    body = run_v2.Service(
        template=template(
            session_affinity=True,
            service_account="sa@test",
            scaling=run_v2.RevisionScaling(max_instance_count=9),
            max_instance_request_concurrency=7,
        ),
        custom_audiences=["https://a.test"],
        description="text",
        ingress=3,
        scaling=run_v2.ServiceScaling(min_instance_count=1),
    )
    container = body.template.containers[0]
    container.startup_probe = run_v2.Probe(http_get=run_v2.HTTPGetAction(path="/up"), period_seconds=2)
    container.resources = run_v2.ResourceRequirements(limits={"cpu": "1"}, cpu_idle=True)
    container.args = ["--fast"]
    container.working_dir = "/srv"
    before = cloud.create(body=body)
    answer = rest.put(f"{SERVICES}/svc", json=rest.get(f"{SERVICES}/svc").json())
    assert answer.status_code == 200
    cloud.until(lambda: not cloud.get().reconciling)
    after = cloud.get()
    for field in ("template", "custom_audiences", "description", "ingress", "scaling", "traffic_statuses"):
        assert getattr(after, field) == getattr(before, field), field
    assert len(cloud.revision_names()) == 1


def test_defaults_survive_the_round_trip(rest: httpx.Client, cloud: LocalCloud) -> None:
    """v1 shows 80 requests and 300 s where v2 says nothing; putting that back is no deployment."""
    before = cloud.create()
    shown = rest.get(f"{SERVICES}/svc").json()
    spec = shown["spec"]["template"]["spec"]
    assert (spec["containerConcurrency"], spec["timeoutSeconds"]) == (80, 300)
    rest.put(f"{SERVICES}/svc", json=shown)
    assert cloud.get().template == before.template
    assert len(cloud.revision_names()) == 1


def test_a_dry_run_stores_nothing(rest: httpx.Client, cloud: LocalCloud) -> None:
    """The answer shows the outcome and names no operation."""
    cloud.create()
    wanted = rest.get(f"{SERVICES}/svc").json()
    wanted["spec"]["template"]["spec"]["containers"][0]["image"] = "img:2"
    shown = rest.put(f"{SERVICES}/svc", params={"dryRun": "all"}, json=wanted).json()
    assert shown["spec"]["template"]["spec"]["containers"][0]["image"] == "img:2"
    assert "run.googleapis.com/operation-id" not in shown["metadata"]["annotations"]
    assert cloud.get().template.containers[0].image == "img:1"


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("metadata.annotations", "run.googleapis.com/unheard-of", "1"),
        ("spec.template.metadata.annotations", "run.googleapis.com/vpc-access-connector", "c"),
        ("spec.template.spec", "volumes", [{"name": "v"}]),
        ("metadata.annotations", "run.googleapis.com/ingress", "everything"),
        ("spec.template.spec", "containers", "none"),
    ],
)
def test_what_is_not_offered_is_refused(
    rest: httpx.Client, cloud: LocalCloud, where: str, key: str, value: object
) -> None:
    """Nothing that was asked for is silently dropped, and no nonsense becomes an internal error."""
    cloud.create()
    wanted = rest.get(f"{SERVICES}/svc").json()
    place = wanted
    for part in where.split("."):
        place = place[part]
    place[key] = value
    answer = rest.put(f"{SERVICES}/svc", json=wanted)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert cloud.get().generation == 1


def test_the_region_comes_from_the_host(rest: httpx.Client, cloud: LocalCloud) -> None:
    """The regional host of another region finds nothing here."""
    cloud.create()
    here = rest.get(f"{SERVICES}/svc", headers={"host": "us-central1-run.localhost"})
    elsewhere = rest.get(f"{SERVICES}/svc", headers={"host": "europe-west1-run.localhost"})
    assert (here.status_code, elsewhere.status_code) == (200, 403)


def test_unlisted_paths_are_unimplemented(rest: httpx.Client) -> None:
    """Never a silent success."""
    answer = rest.get("/apis/run.googleapis.com/v1/namespaces/p/jobs")
    assert (answer.status_code, answer.json()["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_a_failed_generation_is_observed_in_v1_and_not_in_v2(rest: httpx.Client, cloud: LocalCloud) -> None:
    """Both views say Ready is false and keep the last serving split."""
    first = short(cloud.create().latest_ready_revision)
    cloud.plane.broken.add("img:bad")
    cloud.wait(cloud.begin_update("svc", ["template"], template=template("img:bad")))
    status = rest.get(f"{SERVICES}/svc").json()["status"]
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert (status["observedGeneration"], cloud.get().observed_generation) == (2, 1)
    assert ready["status"] == "False"
    assert status["traffic"] == [{"latestRevision": True, "percent": 100, "revisionName": first}]

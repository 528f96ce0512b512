"""Reads and writes of services: masks, versions, names, validate-only, deletion."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import field_mask_pb2

from tests.sandbox.admin.local_cloud import PARENT, LocalCloud, pinned, short, template

CONFLICT = "Conflict for resource 'svc': version '"


def test_a_created_service_serves_under_its_url(cloud: LocalCloud) -> None:
    """Creation ends reconciled, with generation, URL, revision and digest in place."""
    service = cloud.create()
    revision = cloud.revisions.get_revision(name=service.latest_ready_revision)
    assert (service.generation, service.observed_generation, service.reconciling) == (1, 1, False)
    assert service.uri == "https://svc.us-central1.run.test"
    assert service.latest_created_revision == service.latest_ready_revision
    assert revision.containers[0].image == f"img:1@{cloud.plane.digest_of('img:1')}"
    assert service.template.containers[0].image == "img:1"


def test_the_returned_operation_is_not_done_and_shows_the_new_generation(cloud: LocalCloud) -> None:
    """A write answers at once, with the service as it will be reconciled."""
    cloud.create()
    cloud.turn(operation_latency_s=3600.0)
    operation = cloud.services.update_service(
        service=run_v2.Service(name=f"{PARENT}/services/svc", description="new"),
        update_mask=field_mask_pb2.FieldMask(paths=["description"]),
    )
    assert not operation.operation.done
    assert (operation.metadata.generation, operation.metadata.reconciling) == (2, True)
    assert cloud.get().reconciling


def test_validate_only_checks_and_stores_nothing(cloud: LocalCloud) -> None:
    """A dry write is done at once, shows what would be, and leaves no trace."""
    before = cloud.create()
    request = run_v2.UpdateServiceRequest(
        service=run_v2.Service(name=before.name, template=template("img:2")),
        update_mask=field_mask_pb2.FieldMask(paths=["template"]),
        validate_only=True,
    )
    operation = cloud.services.update_service(request=request)
    assert operation.operation.done
    assert operation.result().template.containers[0].image == "img:2"
    assert cloud.get() == before
    assert len(cloud.revision_names()) == 1


def test_validate_only_still_refuses(cloud: LocalCloud) -> None:
    """A dry write of something invalid is refused like a real one."""
    with pytest.raises(exceptions.InvalidArgument):
        cloud.begin_create("svc", run_v2.Service(), validate_only=True)


def test_only_what_the_mask_names_changes(cloud: LocalCloud) -> None:
    """A traffic mask ignores a template that is sent along; a deep path replaces one number."""
    body = run_v2.Service(
        template=template(), description="kept", scaling=run_v2.ServiceScaling(min_instance_count=1)
    )
    first = short(cloud.create(body=body).latest_ready_revision)
    after = cloud.update(
        "svc", "traffic", traffic=[pinned(first)], template=template("img:9"), description="lost"
    )
    assert (after.description, after.template.containers[0].image) == ("kept", "img:1")
    after = cloud.update(
        "svc",
        "scaling.max_instance_count",
        scaling=run_v2.ServiceScaling(min_instance_count=7, max_instance_count=5),
    )
    assert (after.scaling.min_instance_count, after.scaling.max_instance_count) == (1, 5)


def test_without_a_mask_everything_is_replaced(cloud: LocalCloud) -> None:
    """What a maskless update does not mention is gone."""
    cloud.create(body=run_v2.Service(template=template(), description="old", labels={"team": "a"}))
    after = cloud.update("svc", template=template())
    assert (after.description, dict(after.labels)) == ("", {})
    assert len(cloud.revision_names()) == 1


@pytest.mark.parametrize(
    "path",
    [
        "trafic",
        "uri",
        "traffic_statuses",
        "generation",
        "template.containers.image",
        "scaling.nothing",
        "labels.a",
    ],
)
def test_a_mask_of_an_unknown_or_output_only_path_is_refused(cloud: LocalCloud, path: str) -> None:
    """A typing error in a mask never becomes a silent no-op."""
    cloud.create()
    with pytest.raises(exceptions.InvalidArgument, match="update_mask"):
        cloud.begin_update("svc", [path])


def test_a_stale_etag_is_aborted_when_etags_are_enforced(cloud: LocalCloud) -> None:
    """The error is ABORTED and names both versions; the current etag is accepted."""
    stale = cloud.create().etag
    current = cloud.update("svc", "description", description="one").etag
    with pytest.raises(exceptions.Aborted) as refused:
        cloud.begin_update("svc", ["description"], etag=stale, description="two")
    assert refused.value.message.startswith(CONFLICT)
    assert cloud.update("svc", "description", etag=current, description="three").description == "three"


def test_a_stale_etag_is_accepted_when_etags_are_ignored(cloud: LocalCloud) -> None:
    """In the mode that was seen live an update with a bogus etag goes through, a deletion not."""
    cloud.create()
    cloud.turn(etag_mode="ignored")
    assert cloud.update("svc", "description", etag='"bogus"', description="new").description == "new"
    with pytest.raises(exceptions.Aborted):
        cloud.services.delete_service(
            request=run_v2.DeleteServiceRequest(name=f"{PARENT}/services/svc", etag='"x"')
        )


def test_reconciliation_changes_the_etag(cloud: LocalCloud) -> None:
    """The etag that a write answered with is stale once the write took effect."""
    cloud.create()
    operation = cloud.services.update_service(
        service=run_v2.Service(name=f"{PARENT}/services/svc", description="new"),
        update_mask=field_mask_pb2.FieldMask(paths=["description"]),
    )
    cloud.succeed(operation.operation.name)
    with pytest.raises(exceptions.Aborted):
        cloud.begin_update("svc", ["description"], etag=operation.metadata.etag, description="late")


def test_service_level_fields_make_no_revision(cloud: LocalCloud) -> None:
    """Only the template does."""
    first = cloud.create()
    after = cloud.update(
        "svc", "labels", "annotations", "ingress", labels={"a": "b"}, annotations={"x.test/y": "z"}, ingress=2
    )
    assert after.latest_created_revision == first.latest_created_revision
    assert (after.generation, cloud.plane.routes["svc"].ingress) == (2, "internal")


def test_services_are_listed_in_pages(cloud: LocalCloud) -> None:
    """Pages follow one another by name without gap or overlap."""
    for name in ("svc-b", "svc-a", "svc-c"):
        cloud.create(name)
    pages = list(
        cloud.services.list_services(request=run_v2.ListServicesRequest(parent=PARENT, page_size=2)).pages
    )
    assert [[short(one.name) for one in page.services] for page in pages] == [["svc-a", "svc-b"], ["svc-c"]]


@pytest.mark.parametrize(("size", "token"), [(-1, ""), (1, "rubbish"), (1, "MXxlbHNld2hlcmU=")])
def test_a_bad_page_is_refused(cloud: LocalCloud, size: int, token: str) -> None:
    """A negative size and the token of another list are errors, not an empty page."""
    with pytest.raises(exceptions.InvalidArgument):
        cloud.services.list_services(
            request=run_v2.ListServicesRequest(parent=PARENT, page_size=size, page_token=token)
        )


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (f"{PARENT}/services/nope", exceptions.NotFound),
        ("projects/other/locations/us-central1/services/svc", exceptions.PermissionDenied),
        ("projects/demo-project/locations/mars/services/svc", exceptions.PermissionDenied),
        ("svc", exceptions.InvalidArgument),
    ],
)
def test_unknown_services_projects_and_regions_are_refused(
    cloud: LocalCloud, name: str, error: type[Exception]
) -> None:
    """Nothing but the one location exists, for reads and writes alike."""
    cloud.create()
    with pytest.raises(error):
        cloud.services.get_service(name=name)
    with pytest.raises(error):
        cloud.services.update_service(service=run_v2.Service(name=name))


@pytest.mark.parametrize("service_id", ["", "Upper", "1st", "ends-", "a" * 50])
def test_an_ill_formed_service_name_is_refused(cloud: LocalCloud, service_id: str) -> None:
    """Names are DNS labels of less than 50 characters."""
    with pytest.raises(exceptions.InvalidArgument):
        cloud.begin_create(service_id)


def test_a_service_is_created_once(cloud: LocalCloud) -> None:
    """A second creation is ALREADY_EXISTS; an update with allow_missing creates what is missing."""
    cloud.create()
    with pytest.raises(exceptions.AlreadyExists):
        cloud.begin_create("svc")
    request = run_v2.UpdateServiceRequest(
        service=run_v2.Service(name=f"{PARENT}/services/other", template=template()), allow_missing=True
    )
    cloud.succeed(cloud.services.update_service(request=request).operation.name)
    assert cloud.get("other").generation == 1


def test_a_deleted_service_is_gone_with_its_revisions(cloud: LocalCloud) -> None:
    """It refuses writes while it is deleted; afterwards its name is free and its route withdrawn."""
    service = cloud.create()
    cloud.turn(operation_latency_s=3600.0)
    operation = cloud.services.delete_service(name=service.name)
    with pytest.raises(exceptions.FailedPrecondition):
        cloud.begin_update("svc", ["description"], description="late")
    cloud.turn(wait_factor=0.0)
    cloud.succeed(operation.operation.name)
    with pytest.raises(exceptions.NotFound):
        cloud.get()
    assert "svc" not in cloud.plane.routes
    assert cloud.create().generation == 1
    assert len(cloud.revision_names()) == 1


def test_the_last_modifier_is_who_wrote(cloud: LocalCloud) -> None:
    """The sandbox reads the caller from request metadata."""
    service = cloud.create()
    request = run_v2.UpdateServiceRequest(
        service=run_v2.Service(name=service.name, description="mine"),
        update_mask=field_mask_pb2.FieldMask(paths=["description"]),
    )
    operation = cloud.services.update_service(request=request, metadata=[("x-sandbox-principal", "me@test")])
    cloud.succeed(operation.operation.name)
    assert (cloud.get().last_modifier, cloud.get().creator) == ("me@test", service.creator)


def test_what_is_not_emulated_says_so(cloud: LocalCloud) -> None:
    """Other services of the API, and filters of operations, answer UNIMPLEMENTED."""
    jobs = run_v2.JobsClient(transport=run_v2.JobsClient.get_transport_class("grpc")(channel=cloud.channel))
    with pytest.raises(exceptions.MethodNotImplemented):
        jobs.list_jobs(parent=PARENT)
    with pytest.raises(exceptions.MethodNotImplemented):
        cloud.services.list_operations(operations_pb2.ListOperationsRequest(name=PARENT, filter="done=true"))

"""A platform that keeps its images in a repository of its own is rolled back, by itself too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gates.adapters.google.image_registry import ImageRegistry
from gates.model.decision import DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.platform import Endpoints
from gates.workflows.rollback import RollbackEngine
from tests.support.builders import environment
from tests.support.release_run import PLATFORM, Run, bad_auth, ending
from tests.support.tiny_registry import registry

HOST = "europe-west1-docker.pkg.dev/p"
KEPT_HERE = "projects/p/locations/europe-west1/repositories"
BAD, GOOD = "auth-service-2", "auth-service-1"


def run(endpoint: str, repository: str) -> Run:
    """Return a gate whose services' images stand in `team-images`, and what its environment names."""
    made = Run(bad_auth)
    for name, service in made.cloud.services.items():
        service.revisions = tuple(
            replace(one, image=f"{HOST}/team-images/{name}@{one.digest}") for one in service.revisions
        )
    place = replace(environment(), project="p", region="europe-west1", image_repository=repository)
    images = ImageRegistry(replace(place, endpoints=Endpoints(apis_grpc=endpoint)))
    ports = replace(made.gate.ports, images=images)
    guards = RollbackEngine(place, PLATFORM, ports, run_id="guards")
    made.gate = replace(made.gate, environment=place, ports=ports, guarded=guards.guarded)
    return made


def stored(*revisions: str) -> Mapping[str, list[str]]:
    """Return the repository `team-images` with the images of these revisions of auth-service."""
    return {
        f"{KEPT_HERE}/team-images": [f"{HOST}/team-images/auth-service@sha256:{one}" for one in revisions]
    }


def test_an_image_in_a_repository_of_any_name_is_found_and_rolled_back_to() -> None:
    """The revision's own reference says where to look."""
    with registry(dict(stored(BAD, GOOD))) as endpoint:
        made = run(endpoint, "team-images")
        assert ending(made.go()) is ExitCode.ROLLED_BACK
    assert made.cloud.serving("auth-service") == GOOD


def test_a_repository_that_nobody_can_list_keeps_no_automatic_rollback_back() -> None:
    """Cannot be told is not gone: the environment names another repository, and this one is not there."""
    with registry({f"{KEPT_HERE}/docker-repo": [f"{HOST}/docker-repo/auth-service@sha256:x"]}) as endpoint:
        made = run(endpoint, "docker-repo")
        assert ending(made.go()) is ExitCode.ROLLED_BACK
    assert made.cloud.serving("auth-service") == GOOD


def test_an_image_that_its_own_repository_no_longer_has_is_not_rolled_back_to() -> None:
    """The bad release keeps its traffic, a person is needed, and the reason names the image."""
    with registry(dict(stored(BAD))) as endpoint:
        made = run(endpoint, "team-images")
        record = made.go()
        plan = made.gate.guarded(
            RollbackEngine(made.gate.environment, PLATFORM, made.gate.ports, run_id="r").plan(
                ["auth-service"], reason="bad"
            )
        )

    assert record.decision.kind is DecisionKind.ROLL_BACK
    assert (record.receipts, made.cloud.writes) == ((), [])
    assert ending(record) is ExitCode.ACTION_FAILED
    ((service, reason),) = plan.impossible
    assert (service, "image" in reason) == ("auth-service", True)

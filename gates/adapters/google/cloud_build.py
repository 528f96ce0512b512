"""Cloud Build: a rollback as a build, for those who keep their procedures there.

One step for each service: the cloud's own command line moves all traffic to one revision. The build runs with
the build service account's rights, not with the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from google.api_core import exceptions as api
from google.cloud.devtools import cloudbuild_v1

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import OperationFailedError, UnavailableError
from gates.model.decision import RollBack
from gates.model.platform import Environment

_IMAGE = "gcr.io/google.com/cloudsdktool/cloud-sdk:slim"
_SUBMIT_S = 30.0
_BUILD_S = 600.0


class CloudBuild:
    """Submits builds in an environment's project and waits for them."""

    def __init__(self, environment: Environment, fence: Callable[[], None] = lambda: None) -> None:
        self._environment = environment
        self._fence = fence
        self._endpoint = environment.endpoints.apis_grpc

    def steps(self, actions: Sequence[RollBack]) -> tuple[tuple[str, ...], ...]:
        """Return the arguments of `gcloud` for each step, in the order of the actions."""
        place = self._environment
        return tuple(
            (
                "run",
                "services",
                "update-traffic",
                place.cloud_run_name(action.service),
                f"--to-revisions={action.to_revision}=100",
                f"--region={place.region}",
                f"--project={place.project}",
            )
            for action in actions
        )

    def run(self, actions: Sequence[RollBack]) -> str:
        """Run the build to its end and return its id.

        Raises:
            OperationFailedError: a step failed; the steps before it were done.
            CloudError: the build was not accepted, or its end is not known.
            LeaseLostError: another gate took over meanwhile; nothing was submitted.
        """
        steps = [
            cloudbuild_v1.BuildStep(name=_IMAGE, entrypoint="gcloud", args=list(args))
            for args in self.steps(actions)
        ]
        self._fence()
        client = connect(cloudbuild_v1.CloudBuildClient, self._endpoint)
        build = cloudbuild_v1.Build(steps=steps, tags=["release-gate", "rollback"])
        with translated("submit the rollback build"):
            operation = client.create_build(
                project_id=self._environment.project, build=build, timeout=_SUBMIT_S
            )
        number = str(operation.metadata.build.id)
        try:
            operation.result(timeout=_BUILD_S)
        except (TimeoutError, api.RetryError) as error:
            raise UnavailableError(f"build {number} still runs after {_BUILD_S:g} s") from error
        except api.GoogleAPICallError as error:
            raise OperationFailedError(
                f"build {number} failed: {error.message or error}",
                next_step="read the build's log, then `gate rollback status`",
            ) from error
        finally:
            client.transport.close()
        return number

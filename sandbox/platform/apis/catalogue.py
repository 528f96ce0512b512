"""All APIs of the sandbox beside Cloud Run and Monitoring; each is one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.apis import misconfiguration
from sandbox.platform.apis.builds import CloudBuild
from sandbox.platform.apis.cloud_logging import CloudLogging
from sandbox.platform.apis.context import ApisContext
from sandbox.platform.apis.dashboards import Dashboards
from sandbox.platform.apis.errors import ErrorReporting
from sandbox.platform.apis.images import ArtifactRegistry
from sandbox.platform.apis.secrets import SecretManager
from sandbox.platform.apis.sql import SqlAdmin
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.permissions import refusing


def tables(board: Disturbances, context: ApisContext, control: ControlPlane) -> Mapping[str, Methods]:
    """Return the methods of every gRPC API; what can be wrong with them is offered on `board`."""
    disturbed = (
        SecretManager(context.vault),
        ArtifactRegistry(control, context.deleted_images),
        context.project,
        CloudLogging(context.logs),
        ErrorReporting(context.logs),
        Dashboards(context.project.id),
    )
    for part in disturbed:
        part.offer(board)
    context.backups.offer(board)
    misconfiguration.offer(board, control)
    parts = (*disturbed, CloudBuild(control), context.pubsub)
    return {name: table for part in parts for name, table in part.tables().items()}


def routes(context: ApisContext) -> Sequence[BaseRoute]:
    """Return the routes of every REST API (Cloud SQL Admin), served on the admin REST port."""
    return SqlAdmin(context.project, context.backups, refusing(context.knobs)).routes()

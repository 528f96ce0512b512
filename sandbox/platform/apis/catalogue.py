"""All APIs of the sandbox beside Cloud Run and Monitoring's time series; each is one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute

from sandbox.platform.apis import (
    builds,
    cloud_logging,
    dashboards,
    errors,
    images,
    misconfiguration,
    projects,
    secrets,
    sql,
)
from sandbox.platform.apis.context import ApisContext
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods


def tables(board: Disturbances, context: ApisContext) -> Mapping[str, Methods]:
    """Return the methods of every gRPC API; what each can make wrong is offered on `board`."""
    registry = images.ArtifactRegistry(context.control, context.repository)
    secrets.offer(board, context.vault)
    images.offer(board, registry, context.repository)
    projects.offer(board, context.project)
    logs, reporting = cloud_logging.CloudLogging(context.logs), errors.ErrorReporting(context.logs)
    boards = dashboards.Dashboards(context.logs.project)
    for part in (logs, reporting, boards):
        part.offer(board)
    misconfiguration.offer(board, context.control)
    return {
        secrets.SERVICE: secrets.SecretManager(context.vault).methods(),
        images.SERVICE: registry.methods(),
        **context.project.tables(),
        **builds.CloudBuild(context.control).tables(),
        **logs.tables(),
        **reporting.tables(),
        **boards.tables(),
        **context.pubsub.tables(),
    }


def routes(board: Disturbances, context: ApisContext) -> Sequence[BaseRoute]:
    """Return the routes of every REST API (Cloud SQL Admin), served on the admin REST port."""
    context.backups.offer(board)
    return sql.SqlAdmin(context.project, context.backups).routes()

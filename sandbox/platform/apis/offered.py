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
    misconfigured,
    projects,
    secrets,
    sql,
)
from sandbox.platform.apis.ground import Ground
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods


def tables(board: Disturbances, ground: Ground) -> Mapping[str, Methods]:
    """Return the methods of every gRPC API; what each can make wrong is offered on `board`."""
    registry = images.ArtifactRegistry(ground.control, ground.repository)
    secrets.offer(board, ground.vault)
    images.offer(board, registry, ground.repository)
    projects.offer(board, ground.project)
    logs, reporting = cloud_logging.CloudLogging(ground.logs), errors.ErrorReporting(ground.logs)
    boards = dashboards.Dashboards(ground.logs.project)
    for part in (logs, reporting, boards):
        part.offer(board)
    misconfigured.offer(board, ground.control)
    return {
        secrets.SERVICE: secrets.SecretManager(ground.vault).methods(),
        images.SERVICE: registry.methods(),
        **ground.project.tables(),
        **builds.CloudBuild(ground.control).tables(),
        **logs.tables(),
        **reporting.tables(),
        **boards.tables(),
        **ground.pubsub.tables(),
    }


def routes(board: Disturbances, ground: Ground) -> Sequence[BaseRoute]:
    """Return the routes of every REST API (Cloud SQL Admin), served on the admin REST port."""
    ground.backups.offer(board)
    return sql.SqlAdmin(ground.project, ground.backups).routes()

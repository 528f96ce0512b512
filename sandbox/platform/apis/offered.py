"""All APIs of the sandbox beside Cloud Run and Monitoring's time series; each is one line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute

from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods


def tables(board: Disturbances) -> Mapping[str, Methods]:
    """Return the methods of every gRPC API; what each can make wrong is offered on `board`."""
    del board
    return {}


def routes(board: Disturbances) -> Sequence[BaseRoute]:
    """Return the routes of every REST API (Cloud SQL Admin), served on the admin REST port."""
    del board
    return ()

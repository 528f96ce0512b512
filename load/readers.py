"""Users of the generator's page who read through the gateway."""

from __future__ import annotations

import os

from locust import FastHttpUser, constant_throughput, task

from gates.tokens import TOKENS
from load.journey_users import audience, reader
from load.plan import PATHS
from load.tls import connections

_MOST = 1000
"""More users at once than one process can take."""


class Analyst(FastHttpUser):  # type: ignore[misc]
    """Looks at assets, events, rules and routes in turn."""

    wait_time = constant_throughput(float(os.environ.get("LOAD_RATE", "1")))
    insecure = False
    client_pool = connections(
        host=os.environ.get("LOAD_HOST_HEADER", ""), ca_file=os.environ.get("LOAD_CA"), most=_MOST
    )

    def on_start(self) -> None:
        """Start somewhere in the round, so that the paths are mixed at any moment."""
        self.turn = id(self) // 64

    @task  # type: ignore[untyped-decorator]
    def look(self) -> None:
        """Read the next thing."""
        self.turn += 1
        headers = {"Authorization": f"Bearer {reader()}", "Host": os.environ["LOAD_HOST_HEADER"]}
        headers |= TOKENS.headers_or_none(audience())
        path = PATHS[self.turn % len(PATHS)]
        self.client.get(path, headers=headers, name=path.partition("?")[0])

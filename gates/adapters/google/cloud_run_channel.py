"""The way to the Cloud Run Admin API: one gRPC channel that all clients share."""

from __future__ import annotations

from typing import Any

import grpc
from google.cloud import run_v2

from gates.adapters.google.cloud_errors import translated
from gates.model.platform import Endpoints

# A local endpoint is reached directly, whatever proxy the machine has for the outside.
_LOCAL_OPTIONS = (("grpc.enable_http_proxy", 0),)


def connect(endpoints: Endpoints) -> tuple[Any, Any]:
    """Return a services client and a revisions client over one channel.

    With `run_grpc` the channel is plaintext and carries no credentials; without, it goes to the real
    endpoint with the default credentials.

    Raises:
        ConfigurationError: there are no default credentials.
    """
    services = run_v2.ServicesClient.get_transport_class("grpc")
    revisions = run_v2.RevisionsClient.get_transport_class("grpc")
    if endpoints.run_grpc is not None:
        channel = grpc.insecure_channel(endpoints.run_grpc, options=_LOCAL_OPTIONS)
        client = run_v2.ServicesClient(transport=services(channel=channel))
    else:
        with translated("find credentials for Cloud Run"):
            client = run_v2.ServicesClient()
        channel = client.transport.grpc_channel
    return client, run_v2.RevisionsClient(transport=revisions(channel=channel))

"""Google's own clients, at a local plaintext endpoint or at the real service with its credentials."""

from __future__ import annotations

from typing import Any

from gates.adapters.google.cloud_errors import translated

# A local endpoint is reached directly, whatever proxy the machine has for the outside.
_LOCAL_OPTIONS = (("grpc.enable_http_proxy", 0),)


def connect(kind: type[Any], endpoint: str | None) -> Any:
    """Return a client of that kind; without an endpoint it finds the default credentials.

    Raises:
        ConfigurationError: there are no default credentials.
    """
    if endpoint is None:
        with translated(f"find credentials for {kind.__name__}"):
            return kind()
    import grpc  # noqa: PLC0415 - half of the clients are made by commands that must start quickly

    channel = grpc.insecure_channel(endpoint, options=_LOCAL_OPTIONS)
    return kind(transport=kind.get_transport_class("grpc")(channel=channel))


def beside(kind: type[Any], other: Any) -> Any:
    """Return a client of that kind on the channel of another one."""
    return kind(transport=kind.get_transport_class("grpc")(channel=other.transport.grpc_channel))

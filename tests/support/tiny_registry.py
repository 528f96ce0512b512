"""An Artifact Registry on loopback that lists the images of a few repositories."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from google.cloud import artifactregistry_v1


@contextmanager
def registry(images: dict[str, list[str]]) -> Iterator[str]:
    """Serve the images of some repositories; every other repository is not found."""
    api = artifactregistry_v1

    def listed(request: object, context: grpc.ServicerContext) -> object:
        command = str(request.parent)  # type: ignore[attr-defined]
        if command not in images:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Repository {command} was not found.")
        found = [api.DockerImage(uri=uri) for uri in images[command]]
        return api.ListDockerImagesResponse.pb(api.ListDockerImagesResponse(docker_images=found))

    handler = grpc.unary_unary_rpc_method_handler(
        listed,
        request_deserializer=api.ListDockerImagesRequest.pb().FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    name = "google.devtools.artifactregistry.v1.ArtifactRegistry"
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(name, {"ListDockerImages": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)

"""A listener on loopback that nobody has a reason to call: whoever does was led there."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Canary:
    """Gives an address of its own to each probe and says which were called."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.calls: list[str] = []
        self.keys: Sequence[Mapping[str, Any]] = ()
        """Public keys that it offers to whoever asks, as a key set."""

    def address(self, host: str = "127.0.0.1") -> str:
        """Return a new address here."""
        return f"http://{host}:{self.port}/{secrets.token_hex(8)}"

    def was_called(self, address: str) -> bool:
        """Whether anybody asked for an address."""
        return address.rpartition("/")[2] in {call.strip("/").partition("?")[0] for call in self.calls}


@contextmanager
def listening() -> Iterator[Canary]:
    """Run a canary until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            canary.calls.append(self.path)
            body = json.dumps({"keys": list(canary.keys)}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_HEAD = do_GET  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    canary = Canary(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield canary
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

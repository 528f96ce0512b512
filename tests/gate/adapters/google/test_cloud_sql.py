"""The database's API is asked on a connection of its own each time: a kept one may be closed by then."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gates.adapters.google.cloud_sql import CloudSql
from gates.model.platform import Endpoints
from tests.support.builders import environment
from tests.support.fake_clock import FakeClock


def test_no_connection_is_used_twice() -> None:
    """The server would keep each of them."""
    ports: list[int] = []

    class Instance(BaseHTTPRequestHandler):
        """Answers for one instance, on connections that it keeps."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Note the connection and say how the instance is."""
            ports.append(self.client_address[1])
            body = json.dumps({"state": "RUNNABLE"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Instance) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        endpoints = Endpoints(sql_admin=f"http://127.0.0.1:{server.server_address[1]}")
        sql = CloudSql(environment(database="db", endpoints=endpoints), FakeClock())
        states = [sql.state().state for _ in range(3)]
        sql.close()
        server.shutdown()
    assert states == ["RUNNABLE"] * 3
    assert len(set(ports)) == 3

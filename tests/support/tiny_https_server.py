"""A tiny HTTPS server with a CA of its own, and a tiny DNS server, both on loopback."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import trustme

Answer = Callable[[int], tuple[int, bytes]]
"""Status and body of the answer with that number."""


@dataclass
class Seen:
    """What one request brought: the connection's port, SNI, Host, path, and cookie."""

    connection: int
    server_name: str | None
    host: str | None
    path: str
    cookie: str | None
    caller: str | None = None
    """The token in X-Serverless-Authorization."""


@dataclass
class TinyHttps:
    """A server whose answers come from `answer(number)`; `certified` are the names of its certificate.

    An answer that `breaks` promises more than it sends; then nobody listens any more if it `is_gone_after`.
    """

    folder: Path
    answer: Answer
    breaks: Callable[[int], bool] = lambda _number: False
    is_gone_after: bool = False
    certified: tuple[str, ...] = ("a.run.test", "b.run.test")
    server: str = "tiny"
    content_type: str = "application/json"
    seen: list[Seen] = field(default_factory=list)
    names: dict[int, str | None] = field(default_factory=dict)
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ca_file(self) -> str:
        """Path of the CA."""
        return str(self.folder / "ca.pem")

    @contextmanager
    def running(self) -> Iterator[TinyHttps]:
        """Serve until the block ends."""
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*self.certified).configure_cert(context)
        context.sni_callback = self._note_name
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.socket = context.wrap_socket(server.socket, server_side=True)
        self.port = server.server_address[1]
        with _in_thread(server):
            yield self

    def _note_name(self, socket: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: object) -> None:
        self.names[id(socket)] = name

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        tiny = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def version_string(self) -> str:
                return tiny.server

            def do_GET(self) -> None:
                with tiny.lock:
                    number = len(tiny.seen)
                    tiny.seen.append(
                        Seen(
                            connection=self.client_address[1],
                            server_name=tiny.names.get(id(self.connection)),
                            host=self.headers["Host"],
                            path=self.path,
                            cookie=self.headers["Cookie"],
                            caller=self.headers["X-Serverless-Authorization"],
                        )
                    )
                status, body = tiny.answer(number)
                self.send_response(status)
                self.send_header("Content-Type", tiny.content_type)
                is_broken = tiny.breaks(number)
                self.send_header("Content-Length", str(len(body) + 100 * is_broken))
                self.send_header("Set-Cookie", "affinity=sticky")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection |= is_broken
                if is_broken and tiny.is_gone_after:
                    self.server.server_close()

            def do_POST(self) -> None:
                """Send the JSON body back, with the header X-Mark in it."""
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps({**said, "mark": self.headers["X-Mark"]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Keep quiet."""

        return Handler


@contextmanager
def tiny_dns(records: dict[str, str]) -> Iterator[str]:
    """Serve A records over UDP and yield host:port; other names do not exist."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            query = dns.message.from_wire(wire)
            answer = dns.message.make_response(query)
            name = query.question[0].name
            address = records.get(name.to_text(omit_final_dot=True))
            if address is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            else:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", address))
            socket.sendto(answer.to_wire(), self.client_address)

    server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
    with _in_thread(server):
        yield "{}:{}".format(*server.server_address)


@contextmanager
def _in_thread(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A tiny mail server and a tiny webhook on loopback: they keep what they are sent."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mailbox:
    """What arrived, and where the server listens."""

    port: int = 0
    mails: list[str] = field(default_factory=list)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run an SMTP server (RFC 5321, just enough of it) for the time of the block."""
    kept = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self) -> None:
            """Answer command by command."""
            self._say("220 mailbox")
            while line := self.rfile.readline().decode().strip():
                if line.upper() == "DATA":
                    self._say("354 go on")
                    kept.mails.append(self._mail())
                self._say("221 bye" if line.upper() == "QUIT" else "250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def _mail(self) -> str:
            lines = iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), ".")
            return "\n".join(lines)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        kept.port = server.server_address[1]
        _serve(server)
        yield kept
        server.shutdown()


def _serve(server: socketserver.BaseServer) -> None:
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@dataclass
class Hook:
    """What arrived at a webhook; it answers `status`, or nothing at all while `is_silent`."""

    url: str = ""
    status: int = 200
    bodies: list[dict[str, Any]] = field(default_factory=list)
    is_silent: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def webhook() -> Iterator[Hook]:
    """Run a webhook for the time of the block."""
    kept = Hook()

    class Request(BaseHTTPRequestHandler):
        """One request."""

        def do_POST(self) -> None:
            """Keep the body and answer."""
            if kept.is_silent.is_set():
                kept.is_over.wait(10)
                return
            length = int(self.headers["Content-Length"])
            kept.bodies.append(json.loads(self.rfile.read(length)))
            self.send_response(kept.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Request) as server:
        kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        _serve(server)
        yield kept
        kept.is_over.set()
        server.shutdown()

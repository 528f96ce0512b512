"""The warmed parent of all instances: imports the libraries once, then forks one process per instance.

Orders come in on standard input and reports leave on standard output, one JSON document per line:

    {"fork": 7, "image": "…", "env": {…}, "log": "/path"}  ->  {"forked": 7, "pid": 123, "port": 40001}
    {"signal": 15, "pid": 123}                              ->  (nothing)
    a child ended                                           ->  {"exited": 123, "status": -9}

The end of standard input ends the zygote and all its children.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

from sandbox import topology
from sandbox.platform import images
from sandbox.platform.parent_death import die_with

KEEP_ALIVE_S = 120
"""Longer than the router keeps an idle connection, so that an instance never closes one under a request."""
GRACE_S = 10
"""What Cloud Run grants between SIGTERM and SIGKILL."""

_WARM = (
    "uvicorn",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.lifespan.on",
    "fastapi",
    "fastapi.openapi.utils",
    "starlette.middleware.errors",
    "httpx",
    "joserfc.jwt",
    "argon2",
    "pyotp",
    "sqlite3",
    "email.message",
)
_HOST_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", topology.VARIABLE)
_READ_BYTES = 65_536


class Zygote:
    """Forks, signals and reaps instances as ordered."""

    def __init__(self, orders: int, reports: int) -> None:
        """Take the file descriptors of the two ends of the conversation."""
        self._orders = orders
        self._reports = reports
        self._children: set[int] = set()
        self._unread = b""
        self._wake_read, self._wake_write = socket.socketpair()

    def serve(self) -> None:
        """Obey until the order stream ends; then kill what is left."""
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        signal.set_wakeup_fd(self._wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._orders, selectors.EVENT_READ, self._obey)
            selector.register(self._wake_read, selectors.EVENT_READ, self._reap)
            while all(key.data() for key, _ in selector.select()):
                pass
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        received = os.read(self._orders, _READ_BYTES)
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "fork" in order:
                self._fork(order)
            elif order["pid"] in self._children:
                os.kill(order["pid"], order["signal"])
        return bool(received)

    def _reap(self) -> bool:
        self._wake_read.recv(_READ_BYTES)
        for pid in tuple(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._children.discard(pid)
                self._report({"exited": pid, "status": os.waitstatus_to_exitcode(status)})
        return True

    def _report(self, report: Mapping[str, Any]) -> None:
        os.write(self._reports, json.dumps(report).encode() + b"\n")

    def _fork(self, order: Mapping[str, Any]) -> None:
        # Bound here and listening only in the child: no port can be taken twice, and none answers too early.
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_instance(order, listener, zygote)
        self._children.add(pid)
        port = listener.getsockname()[1]
        listener.close()
        self._report({"forked": order["fork"], "pid": pid, "port": port})

    def _become_instance(self, order: Mapping[str, Any], listener: socket.socket, zygote: int) -> NoReturn:
        """Leave everything of the zygote behind and run the image; never returns."""
        code = 1
        try:
            die_with(zygote)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            self._wake_read.close()
            self._wake_write.close()
            _redirect_streams(order["log"], self._orders, self._reports)
            _set_environment(order["env"], listener.getsockname()[1])
            _run(order["image"], listener)
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:  # noqa: BLE001 - whatever the image does must end here, not in the zygote's loop
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _redirect_streams(log: str, *closed: int) -> None:
    for descriptor in closed:
        os.close(descriptor)
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _set_environment(environment: Mapping[str, str], port: int) -> None:
    """Give the instance the container's environment and nothing of the host's but the basics."""
    kept = {name: os.environ[name] for name in _HOST_VARIABLES if name in os.environ}
    os.environ.clear()
    os.environ.update({**kept, **environment, "PORT": str(port)})


def _run(image: str, listener: socket.socket) -> None:
    import uvicorn  # noqa: PLC0415 - imported by warm() in the zygote, free here

    config = uvicorn.Config(
        images.resolve(image).load(),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[listener])


def warm() -> None:
    """Import what every instance needs, the services included, and exempt it from garbage collection."""
    for name in (*_WARM, *(service.module for service in topology.SERVICES)):
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a broken service breaks its own instances, and says how there
            sys.stderr.write(f"not warmed: {name}: {error!r}\n")
    gc.collect()
    gc.freeze()


def main(parent: int) -> None:
    """Run the zygote under the process `parent`; its standard output becomes the report stream."""
    die_with(parent)
    orders, reports = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    warm()
    Zygote(orders, reports).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))

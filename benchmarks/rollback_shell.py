"""How long `gate rollback SERVICE --yes` takes from the shell, and until its first call of the cloud's API.

Needs a running platform in which the service has at least two ready revisions:

    python -m sandbox up
    python -m sandbox deploy auth-service sandbox/auth-service:1.1.0

    python benchmarks/rollback_shell.py --env sandbox --rounds 5

Between the gate and the admin API stands a relay on loopback, which notes when the first request comes by:
the first HEADERS frame of HTTP/2, not the connection. Every round starts a new process with a ledger of its
own. Prints one JSON document in seconds (median and each round): `first_call`, from the start of the process
to that request, and `verified`, to the end of the process, which proved the rollback. Leaves with 1 when a
rollback was not proven, and when the median of the first call is above 1.5 s.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gates.actions.ports import RollbackPorts
from gates.composition.environment import Context

FIRST_CALL_S = 1.5
_PREFACE = 24
_HEAD = 9
_HEADERS = 1


class Relay:
    """Passes bytes on between one port of this machine and another; notes when the first request came by."""

    def __init__(self, upstream: str) -> None:
        host, _, port = upstream.rpartition(":")
        self._upstream = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.first_call: float | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(self._upstream)
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, is_request: bool) -> None:  # noqa: FBT001 - a thread
        seen = b""
        with suppress(OSError):
            while chunk := source.recv(65536):
                if is_request and self.first_call is None:
                    seen += chunk
                    if _has_headers(seen):
                        self.first_call = time.monotonic()
                to.sendall(chunk)
            to.shutdown(socket.SHUT_WR)


def _has_headers(sent: bytes) -> bool:
    """Whether a client's bytes hold a HEADERS frame, after the preface of HTTP/2."""
    at = _PREFACE
    while at + _HEAD <= len(sent):
        if sent[at + 3] == _HEADERS:
            return True
        at += _HEAD + int.from_bytes(sent[at : at + 3])
    return False


def put_forward(ports: RollbackPorts, service: str) -> None:
    """Send all traffic to the newest ready revision, and wait until it answers.

    Raises:
        SystemExit: the service has only one revision.
    """
    ready = [revision.name for revision in ports.traffic.revisions(service) if revision.is_ready]
    if len(ready) == 1:
        raise SystemExit(f"{service} has one ready revision: deploy another one first")
    state = ports.traffic.describe(service)
    ports.traffic.write_traffic(service, state.traffic.all_to(ready[0]), state.etag)()
    while ports.probe.answering_revision(service) != ready[0]:
        ports.clock.wait(0.05)


def measure(environment: str, service: str, endpoints: Path, folder: Path) -> tuple[float, float]:
    """Roll back once from the shell; return the seconds to the first call and to the proven end.

    Raises:
        SystemExit: the rollback was not proven.
    """
    said = json.loads(endpoints.read_text(encoding="utf-8"))
    relay = Relay(said["admin_grpc"])
    relayed = folder / "endpoints.json"
    relayed.write_text(json.dumps({**said, "admin_grpc": relay.address}), encoding="utf-8")
    gate = Path(sys.executable).with_name("gate")
    variables = {**os.environ, "GATE_ENDPOINTS_FILE": str(relayed), "GATE_REPORTS": str(folder / "reports")}
    started = time.monotonic()
    done = subprocess.run(
        [gate, "rollback", service, "--yes", "--env", environment],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    ended = time.monotonic()
    if done.returncode != 0 or relay.first_call is None:
        raise SystemExit(done.stdout + done.stderr)
    return relay.first_call - started, ended - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", default="sandbox")
    parser.add_argument("--service", default="auth-service")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(arguments)
    endpoints = Path(os.environ.get("GATE_ENDPOINTS_FILE", ".sandbox/endpoints.json"))
    ports = Context(asked.env).ports
    rounds = []
    for _ in range(asked.rounds):
        put_forward(ports, asked.service)
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(measure(asked.env, asked.service, endpoints, Path(folder)))
    found = {
        name: {"median": round(statistics.median(values), 3), "rounds": [round(one, 3) for one in values]}
        for name, values in zip(("first_call", "verified"), zip(*rounds, strict=True), strict=True)
    }
    sys.stdout.write(
        json.dumps({"service": asked.service, "first_call_wanted": FIRST_CALL_S, **found}) + "\n"
    )
    return 0 if statistics.median(first for first, _ in rounds) <= FIRST_CALL_S else 1


if __name__ == "__main__":
    sys.exit(main())

"""Processor time per request of the load generator, against a Locust user that does nothing but ask.

`.venv/bin/python -m benchmarks.load_cost`. Both send the same rate over TLS to the same tiny server, in turn.
Prints one JSON line; `ratio` is the median of the pairs. A busy machine disturbs processor time little.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from load.profiles import Kind, Offer
from load.run import Entrance, run_generator

PAIRS = 3
RATE, USERS, SECONDS, SETTLE = 200.0, 50, 12, 2
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
NAME = "tiny.test"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request of a connection with the same few bytes."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """Serve until the block ends, and yield the port."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(context)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def ours(port: int, folder: Path) -> float:
    """Return the processor time per request of the generator."""
    offer = Offer(
        name="cost", kind=Kind.ARRIVALS, rate=RATE, warm_up=SETTLE, seconds=SECONDS, connections=USERS
    )
    where = Entrance(address=f"127.0.0.1:{port}", host=NAME, token="", ca_file=str(folder / "ca.pem"))
    record = run_generator(offer, where, folder=folder)
    return record.cpu_s / len(record.sent)


def empty(port: int, folder: Path) -> float:
    """Return the processor time per request of the empty user."""
    out = folder / "empty.json"
    locustfile = Path(__file__).with_name("empty_user.py")
    command = [
        *(sys.executable, "-m", "locust", "-f", str(locustfile), "-H", f"https://127.0.0.1:{port}"),
        *("--headless", "-u", str(USERS), "-r", str(USERS), "-t", f"{SECONDS + 2 * SETTLE}s"),
        *("--skip-log", "--only-summary"),
    ]
    variables = {"EMPTY_RATE": str(RATE / USERS), "EMPTY_OUT": str(out), "EMPTY_SETTLE": str(SETTLE)}
    subprocess.run(command, env={**os.environ, **variables}, capture_output=True, check=True)
    return float(json.loads(out.read_text())["cost"])


def main() -> None:
    """Measure in pairs."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as port:
        pairs = [(ours(port, Path(name)), empty(port, Path(name))) for _ in range(PAIRS)]
    ratios = [own / other for own, other in pairs]
    print(
        json.dumps(
            {
                "ours_us": [round(own * 1e6) for own, _ in pairs],
                "empty_us": [round(other * 1e6) for _, other in pairs],
                "ratio": round(statistics.median(ratios), 3),
                "load_average": os.getloadavg()[0],
            }
        )
    )


if __name__ == "__main__":
    main()

"""Asks an instance how it is: the TCP and HTTP probes of Cloud Run."""

from __future__ import annotations

import asyncio

from sandbox.platform.contract import Probe

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1


async def passes(probe: Probe, port: int) -> bool:
    """Whether one attempt of the probe succeeds: a connection (TCP) or a status below 400 (HTTP)."""
    try:
        async with asyncio.timeout(probe.timeout_s):
            return await (is_listening(port) if probe.path is None else _answers(probe.path, port))
    except (TimeoutError, OSError, ValueError):
        return False


async def is_listening(port: int) -> bool:
    """Whether a loopback port accepts connections."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def wait_until_listening(port: int) -> None:
    """Return as soon as a loopback port accepts connections; the caller bounds the time."""
    pause = _FIRST_PAUSE_S
    while not await is_listening(port):
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)


async def _answers(path: str, port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "User-Agent: GoogleHC/1.0\r\nConnection: close\r\n\r\n".encode()
        )
        status_line = await reader.readline()
        return 200 <= int(status_line.split(b" ", 2)[1]) < 400
    except IndexError:
        return False
    finally:
        writer.close()

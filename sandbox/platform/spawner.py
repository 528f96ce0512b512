"""Starts and signals instance processes through the zygote, and learns of their end."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.platform.contract import StartError

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, eq=False)
class InstanceProcess:
    """A running process of an instance."""

    pid: int
    port: int
    exited: asyncio.Future[int]
    """Exit status once it has ended; negative for a signal."""


class Spawner:
    """The zygote as the sandbox sees it."""

    def __init__(self, zygote: asyncio.subprocess.Process) -> None:
        self._zygote = zygote
        self._numbers = itertools.count(1)
        self._forking: dict[int, asyncio.Future[InstanceProcess]] = {}
        self._running: dict[int, asyncio.Future[int]] = {}
        self._reader = asyncio.create_task(self._read_reports())

    async def spawn(self, image: str, env: Mapping[str, str], log: Path) -> InstanceProcess:
        """Fork an instance of an image; its output is appended to `log`.

        Raises:
            StartError: the zygote is gone.
        """
        number = next(self._numbers)
        forked: asyncio.Future[InstanceProcess] = asyncio.get_running_loop().create_future()
        self._forking[number] = forked
        self._order({"fork": number, "image": image, "env": dict(env), "log": str(log)})
        return await forked

    def signal(self, process: InstanceProcess, number: signal.Signals) -> None:
        """Send a signal to an instance; nothing happens when it has ended already."""
        if not process.exited.done():
            with contextlib.suppress(StartError):
                self._order({"signal": int(number), "pid": process.pid})

    async def wait_closed(self) -> None:
        """Return when the zygote has ended, for whatever reason."""
        await self._zygote.wait()

    async def close(self) -> None:
        """End the zygote and with it every instance that is left."""
        if self._zygote.stdin is not None:
            self._zygote.stdin.close()
        await self._zygote.wait()
        await self._reader

    def _order(self, order: Mapping[str, Any]) -> None:
        if self._zygote.stdin is None or self._zygote.returncode is not None:
            raise StartError("The process that starts instances has ended; start the sandbox anew.")
        self._zygote.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read_reports(self) -> None:
        if self._zygote.stdout is None:
            return
        async for line in self._zygote.stdout:
            self._take(json.loads(line))
        for forked in self._forking.values():
            if not forked.done():
                forked.set_exception(StartError("The process that starts instances has ended."))
        for exited in self._running.values():
            exited.set_result(-signal.SIGKILL)
        self._running.clear()

    def _take(self, report: Mapping[str, Any]) -> None:
        if "forked" in report:
            pid = report["pid"]
            exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            self._running[pid] = exited
            forked = self._forking.pop(report["forked"])
            if not forked.done():
                # With its end: the process may have ended before the caller looks.
                forked.set_result(InstanceProcess(pid, report["port"], exited))
            else:
                self._order({"signal": int(signal.SIGKILL), "pid": pid})
        else:
            self._running.pop(report["exited"]).set_result(report["status"])


async def open_spawner(log: Path) -> Spawner:
    """Start the zygote, which warms itself while the caller goes on; its own messages go to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        zygote = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sandbox.platform.zygote",
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
            cwd=_ROOT,
            start_new_session=True,
        )
    return Spawner(zygote)

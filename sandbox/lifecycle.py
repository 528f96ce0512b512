"""Runs a sandbox from the first process to the last signal."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress

from sandbox.errors import SandboxError
from sandbox.platform.options import Options
from sandbox.platform.spawner import Spawner, open_spawner
from sandbox.platform.state_dir import claimed, published


async def run(options: Options) -> None:
    """Run a sandbox until SIGTERM or SIGINT; its endpoints go to standard output once all services are ready.

    Raises:
        SandboxError: the state directory is taken, a service could not be deployed, or the zygote ended.
        OSError: a wanted port is taken.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, _stop, stopped, number)
    with claimed(options.state_dir) as folder:
        spawner = await open_spawner(folder / "logs" / "zygote.log")
        try:
            await _serve(options, spawner, stopped)
        finally:
            await spawner.close()


def _stop(stopped: asyncio.Event, number: signal.Signals) -> None:
    """End in order and write which signal came; a closed standard error changes nothing."""
    stopped.set()
    with suppress(OSError):
        sys.stderr.write(f"ended by {number.name}\n")
        sys.stderr.flush()


async def _serve(options: Options, spawner: Spawner, stopped: asyncio.Event) -> None:
    # Heavy, and imported while the zygote warms itself on the other core.
    from sandbox.platform import bootstrap  # noqa: PLC0415

    folder = options.state_dir.absolute()
    try:
        async with bootstrap.running(options, folder, spawner) as endpoints:
            with published(folder, endpoints):
                sys.stdout.write(json.dumps(endpoints) + "\n")
                sys.stdout.flush()
                await _until(stopped, spawner)
    except* SandboxError as group:
        raise SandboxError("; ".join(str(error) for error in group.exceptions)) from group


async def _until(stopped: asyncio.Event, spawner: Spawner) -> None:
    """Wait until the end is asked for; raise SandboxError when the zygote ends first."""
    wanted = asyncio.create_task(stopped.wait())
    broken = asyncio.create_task(spawner.wait_closed())
    done, pending = await asyncio.wait((wanted, broken), return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if broken in done:
        raise SandboxError(
            "The process that starts instances has ended; see logs/zygote.log in the state directory."
        )

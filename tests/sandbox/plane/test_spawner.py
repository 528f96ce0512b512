"""Processes of instances are told of, however short their life."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from sandbox.platform.spawner import Spawner

ZYGOTE = """import sys
sys.stdin.readline()
sys.stdout.write('{"forked": 1, "pid": 7, "port": 1}\\n{"exited": 7, "status": 3}\\n')
sys.stdout.flush()
sys.stdin.readline()
"""


def test_a_process_that_ends_before_anybody_looks_has_an_end(tmp_path: Path) -> None:
    """Birth and death in one report: whoever asked for it gets a process that has ended."""

    async def ask() -> int:
        zygote = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            ZYGOTE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        spawner = Spawner(zygote)
        process = await spawner.spawn("image", {}, tmp_path / "log")
        status = await process.exited
        await spawner.close()
        return status

    assert asyncio.run(ask()) == 3

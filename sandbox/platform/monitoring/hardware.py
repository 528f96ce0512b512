"""What the platform's hardware is doing: CPU and memory of instances, the database's disk, the network.

CPU and memory come from the kernel's own count of each process, the disk from the size of the databases, the
network from the time that a connection to the front door takes.
https://cloud.google.com/monitoring/api/metrics_gcp
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from sandbox.platform.disturbances import Disturbances
from sandbox.platform.monitoring.histogram import Histogram
from sandbox.platform.monitoring.metrics import CPU, DISK, MEMORY, ROUND_TRIP, Metric
from sandbox.platform.monitoring.platform_metrics import ReadInstances
from sandbox.platform.monitoring.store import INTERVAL_S, Point, SampleStore

MEMORY_LIMIT_BYTES: Final = 512 * 1024 * 1024
DISK_BYTES: Final = 20 * 1024**3
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Hardware:
    """Measures again and again; `excess` is what a disturbance adds to a metric, by its type."""

    store: SampleStore
    read_instances: ReadInstances
    data_dir: Path
    database: str
    port: int
    excess: dict[str, float] = field(default_factory=dict)
    _ticks: dict[int, int] = field(default_factory=dict)

    async def keep_measuring(self) -> None:
        """Write a point of every metric each interval, for ever."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            now = time.time()
            self._write_instances(now)
            disk = sum(path.stat().st_size for path in self.data_dir.glob("*.sqlite3*")) / DISK_BYTES
            project = {"resource.labels.project_id": self.store.project}
            place = {
                "resource.labels.region": self.store.region,
                "resource.labels.database_id": self.database,
            }
            self.store.write(DISK, project | place, Point(now, now, disk + self._excess(DISK)))
            trips = Histogram()
            trips.add(await self._round_trip_ms() + self._excess(ROUND_TRIP))
            rule = {"resource.labels.url_map_name": "front-door"}
            self.store.write(ROUND_TRIP, project | rule, Point(now - INTERVAL_S, now, trips))

    def offer(self, board: Disturbances) -> None:
        for name, summary, metric, excess in (
            ("cpu-high", "Every instance uses 90 points more of its CPU", CPU, 0.9),
            ("memory-high", "Every instance uses 90 points more of its memory", MEMORY, 0.9),
            ("disk-full", "The database's disk is nearly full", DISK, 0.9),
            ("network-slow", "A connection takes 150 ms longer", ROUND_TRIP, 150.0),
        ):
            board.offer(name, summary, (), partial(self._exceed, metric, excess))

    def _exceed(self, metric: Metric, excess: float, is_wrong: bool) -> None:  # noqa: FBT001 - of a switch
        self.excess[metric.type] = excess if is_wrong else 0.0

    def _excess(self, metric: Metric) -> float:
        return self.excess.get(metric.type, 0.0)

    def _write_instances(self, now: float) -> None:
        for reading in self.read_instances():
            cpu, memory = Histogram(), Histogram()
            for pid in reading.pids:
                if (used := _usage(pid)) is not None:
                    ticks, resident = used
                    spent = ticks - self._ticks.get(pid, ticks)
                    self._ticks[pid] = ticks
                    cpu.add(spent / _TICKS_PER_S / INTERVAL_S + self._excess(CPU))
                    memory.add(resident / MEMORY_LIMIT_BYTES + self._excess(MEMORY))
            if cpu.count:
                labels = self.store.labels_of(reading.service, reading.revision)
                self.store.write(CPU, labels, Point(now - INTERVAL_S, now, cpu))
                self.store.write(MEMORY, labels, Point(now - INTERVAL_S, now, memory))

    async def _round_trip_ms(self) -> float:
        started = time.perf_counter()
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.close()
        return (time.perf_counter() - started) * 1000


def _usage(pid: int) -> tuple[int, int] | None:
    """Return the CPU ticks that a process spent and its resident bytes, None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        resident = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return int(stat[11]) + int(stat[12]), resident * _PAGE_BYTES

"""Request counters and durations of one process, in the Prometheus text format."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts what this process answered; labels are route templates, so their number is bounded."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._started_at = time.time()

    def record(self, method: str, route: str, status: int, seconds: float) -> None:
        with self._lock:
            self._requests[(method, route, status)] += 1
            self._seconds += seconds
            for bound in _BUCKETS_S:
                self._buckets[bound] += seconds <= bound

    def text(self) -> str:
        with self._lock:
            return "\n".join([*self._start_lines(), *self._counter_lines(), *self._histogram_lines(), ""])

    def _start_lines(self) -> Iterator[str]:
        yield "# HELP process_start_time_seconds Start of this process, in seconds since the epoch."
        yield "# TYPE process_start_time_seconds gauge"
        yield f"process_start_time_seconds {self._started_at:.3f}"

    def _counter_lines(self) -> Iterator[str]:
        yield "# HELP http_requests_total Requests answered."
        yield "# TYPE http_requests_total counter"
        for (method, route, status), count in sorted(self._requests.items()):
            labels = f'service="{self._service}",method="{method}",route="{route}",status="{status}"'
            yield f"http_requests_total{{{labels}}} {count}"

    def _histogram_lines(self) -> Iterator[str]:
        name, label, total = (
            "http_request_duration_seconds",
            f'service="{self._service}"',
            self._requests.total(),
        )
        yield f"# HELP {name} Time to answer."
        yield f"# TYPE {name} histogram"
        for bound in _BUCKETS_S:
            yield f'{name}_bucket{{{label},le="{bound:g}"}} {self._buckets[bound]}'
        yield f'{name}_bucket{{{label},le="+Inf"}} {total}'
        yield f"{name}_sum{{{label}}} {self._seconds:.6f}"
        yield f"{name}_count{{{label}}} {total}"

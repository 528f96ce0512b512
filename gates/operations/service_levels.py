"""The service level report: what each service kept in a window, by the thresholds of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gates.judgement.comparators import holds
from gates.model.criterion import Criterion
from gates.model.wording import demanded


class Level(StrEnum):
    """Whether a service kept its levels; too few requests to say is neither."""

    KEPT = "kept"
    MISSED = "MISSED"
    UNKNOWN = "????"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevels:
    """One service in a window: requests, the share that failed, the 95th percentile; None without data."""

    service: str
    requests: int
    error_ratio: float | None
    p95_ms: float | None

    def judged(self, errors: Criterion, latency: Criterion) -> tuple[Level, str]:
        """Return the level by the catalogue's thresholds, and the figures in words."""
        if self.error_ratio is None or self.p95_ms is None:
            return Level.UNKNOWN, "no data in this window"
        words = "; ".join(self._words(errors, latency))
        if not (_is_kept(self.error_ratio, errors) and _is_kept(self.p95_ms, latency)):
            return Level.MISSED, words
        if self.requests < errors.minimum_samples:
            return (
                Level.UNKNOWN,
                f"{words}; {errors.minimum_samples - self.requests} more requests are needed",
            )
        return Level.KEPT, words

    def _words(self, errors: Criterion, latency: Criterion) -> Iterator[str]:
        ratio, p95 = self.error_ratio or 0.0, self.p95_ms or 0.0
        yield f"{self.requests} requests"
        yield f"availability {(1 - ratio) * 100:.3f} %"
        yield f"errors {ratio * 100:.3f} % (demanded {demanded(errors)})"
        yield f"p95 {p95:.0f} ms (demanded {demanded(latency)})"


def _is_kept(value: float, level: Criterion) -> bool:
    return holds(value, level.comparator, level.threshold)

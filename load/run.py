"""Runs the load generator in a process of its own and returns exact figures.

Locust patches the interpreter that imports it, so it never runs in the process of pytest.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from load.profiles import Profile

_SPARE_S = 30
_OK = range(200, 300)
_THROUGH = 4
"""Parts of a path that leads through the gateway: /api/v1/<service>/…"""
_STARVED_S = 0.25
"""A generator that comes back so late from its pauses measures itself, not the platform."""
_QUEUED = 0.2
"""A generator that waits for a processor for so much of its time sends less than it should, and later."""
_CONTENDED = 0.7
"""On a machine of which so much is contended, what runs beside the generator is slow because of it."""
_STANDS_OUT = 3.0
"""So many times the figure of every other path points at the service behind one path."""
LOCUSTFILE = Path(__file__).with_name("locustfile.py")


class GeneratorError(Exception):
    """The generator did not do its work: nothing is known about the platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSummary:
    """What was seen of one path."""

    path: str
    failed: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSummary:
    """What a run of a profile saw; latencies in milliseconds. Anything but 2xx counts as failed."""

    requests: int
    failed: int
    demanded: float
    latencies: tuple[float, ...]
    statuses: tuple[tuple[int, int], ...]
    """Pairs (status, how often); status 0 is no answer."""
    by_path: tuple[PathSummary, ...] = ()

    @property
    def achieved(self) -> float:
        """Requests sent over requests demanded."""
        return self.requests / self.demanded

    @property
    def error_ratio(self) -> float:
        """Failed over all; 0 of 0 is 0, and its sample count says that it means nothing."""
        return self.failed / self.requests if self.requests else 0.0

    def percentile(self, share: float) -> float:
        """Return the nearest-rank percentile of the exact latencies, 0 without any."""
        return percentile(self.latencies, share)


def percentile(latencies: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile, 0 without any latency."""
    ordered = sorted(latencies)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def outlier(figures: Mapping[str, float]) -> str:
    """Return the path whose figure is several times that of every other, empty when none stands out."""
    ranked = sorted(figures, key=lambda path: figures[path], reverse=True)
    if not ranked or figures[ranked[0]] <= 0:
        return ""
    is_alone = len(ranked) == 1 or figures[ranked[0]] >= _STANDS_OUT * figures[ranked[1]]
    return ranked[0] if is_alone else ""


def service_behind(path: str, *, entrance: str) -> str:
    """Return the service that a path of the gateway leads to; the entrance itself for its own paths."""
    parts = path.split("/")
    is_through = len(parts) > _THROUGH and parts[1:3] == ["api", "v1"]
    return parts[3] if is_through else entrance


def run_profile(profile: Profile, *, address: str, name: str, token: str, folder: Path) -> LoadSummary:
    """Send the profile's load to `https://address`, saying `name` as host.

    Raises:
        GeneratorError: it did not end in time, or wrote nothing that adds up.
    """
    out = folder / f"load-{profile.name}.json"
    command = [
        *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "-H", f"https://{address}", "--headless"),
        *("-u", str(profile.users), "-r", str(profile.spawn_rate), "-t", f"{profile.seconds}s"),
        *("--skip-log", "--only-summary", "--stop-timeout", "5", "--exit-code-on-error", "0"),
    ]
    environment = {
        **os.environ,
        "LOAD_HOST_HEADER": name,
        "LOAD_TOKEN": token,
        "LOAD_RATE": str(profile.rate_per_user),
        "LOAD_OUT": str(out),
    }
    try:
        ended = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=profile.seconds + _SPARE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GeneratorError(f"the generator did not end within {error.timeout:g} s") from error
    return _summary(out, profile, ended)


def _summary(out: Path, profile: Profile, ended: subprocess.CompletedProcess[str]) -> LoadSummary:
    try:
        written = json.loads(out.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        said = ended.stderr.strip()[-300:]
        raise GeneratorError(f"the generator ended with {ended.returncode}: {said}") from error
    if percentile(written["delays"], 0.9) > _STARVED_S:
        late = percentile(written["delays"], 0.9)
        raise GeneratorError(
            f"the generator was starved: a tenth of its pauses ended {late:.2f} s late or more"
        )
    if written["contended"] > _CONTENDED:
        share = f"{written['contended']:.0%}"
        raise GeneratorError(
            f"the generator's machine is overloaded: {share} of the time a process had to wait"
        )
    if written["queued"] > _QUEUED:
        raise GeneratorError(
            f"the generator was starved: it waited for a processor {written['queued']:.0%} of the time"
        )
    samples: Sequence[tuple[float, int, str]] = [
        (float(ms), int(status), str(path)) for ms, status, path in written["samples"]
    ]
    if written["counted"] != len(samples):
        raise GeneratorError(f"the generator counted {written['counted']} requests and kept {len(samples)}")
    statuses = sorted({status for _, status, _ in samples})
    return LoadSummary(
        requests=len(samples),
        failed=sum(status not in _OK for _, status, _ in samples),
        demanded=profile.demanded,
        latencies=tuple(ms for ms, _, _ in samples),
        statuses=tuple((status, sum(s == status for _, s, _ in samples)) for status in statuses),
        by_path=tuple(_path_summary(path, samples) for path in sorted({path for _, _, path in samples})),
    )


def _path_summary(path: str, samples: Sequence[tuple[float, int, str]]) -> PathSummary:
    own = [(ms, status) for ms, status, name in samples if name == path]
    failed = sum(status not in _OK for _, status in own)
    latencies = [ms for ms, _ in own]
    return PathSummary(
        path=path, failed=failed, median=percentile(latencies, 0.5), p95=percentile(latencies, 0.95)
    )

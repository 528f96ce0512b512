"""How fast the commands of somebody on call answer, beside what cannot be beaten.

Needs a running sandbox, curl, and an idle machine:

    python -m sandbox up &
    python benchmarks/command_speed.py --env sandbox

Takes each command several times in a row (so that one-time codes would run out), then `check`,
`circuits report` and `synthetic --all` at the same time. The yardstick for `check` is the start of the
command line (`gate --help`) plus one curl that fetches the same URLs in parallel. Prints one JSON document:
wall and CPU seconds, and ratios. Leaves with 1 when a `check` took longer than 1.5 s or twice the yardstick.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from gates.wiring import Context

GATE = str(Path(sys.executable).with_name("gate"))
PATHS = ("/healthz", "/readyz", "/version", "/internal/circuits")
TRIAGE = ("check", "circuits report", "rollback status", "decisions", "approvals --stage immediate")
LIMIT_S, RATIO = 1.5, 2.0


def timed(*command: str) -> dict[str, float]:
    """Run a command and return its wall seconds, CPU seconds and exit code."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 3), "cpu": round(cpu, 3), "exit": code}


def several(times: int, *command: str) -> dict[str, object]:
    """Run a command several times in a row."""
    found = [timed(*command) for _ in range(times)]
    walls, cpus = [one["wall"] for one in found], [one["cpu"] for one in found]
    codes = sorted({int(one["exit"]) for one in found})
    return {"wall": median(walls), "worst": max(walls), "cpu": median(cpus), "walls": walls, "exits": codes}


def curl(house: Context, folder: Path) -> tuple[str, ...]:
    """Return the curl that fetches what `check` fetches, all at once over kept connections."""
    endpoints = house.environment.endpoints
    ports = dict(endpoints.ports)
    lines = ["silent", "parallel", "parallel-immediate", "parallel-max = 40"]
    lines += [f'cacert = "{endpoints.ca_file}"'] if endpoints.ca_file else []
    for service in house.platform.service_names:
        url = house.cloud.describe(service).uri
        host = urlsplit(url).netloc
        lines += [f'connect-to = "{host}:443:127.0.0.1:{ports[443]}"'] if 443 in ports else []
        lines += [f'url = "{url}{path}"\noutput = "/dev/null"' for path in PATHS]
    config = folder / "curl.cfg"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ("curl", "--config", str(config))


def main() -> int:
    """Measure and print the document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--env", default="sandbox")
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    env = ("--env", options.env)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # the first check signs in
        start = several(options.times, GATE, "--help")
        plain = several(options.times, *curl(Context(options.env), Path(folder)))
        rows = {name: several(options.times, GATE, *name.split(), *env) for name in TRIAGE}
        together = [("check",), ("circuits", "report"), ("synthetic", "--all")]
        with ThreadPoolExecutor(max_workers=len(together)) as pool:
            beside = list(pool.map(lambda words: timed(GATE, *words, *env), together))
    yardstick = float(str(start["wall"])) + float(str(plain["wall"]))
    ratio = float(str(rows["check"]["worst"])) / yardstick
    result = {
        "load_average": os.getloadavg()[0],
        "python": several(options.times, sys.executable, "-c", "pass"),
        "gate --help": start,
        "curl": plain,
        **rows,
        "at the same time": {" ".join(words): one for words, one in zip(together, beside, strict=True)},
        "worst check / (gate --help + curl)": round(ratio, 2),
        "median check / (gate --help + curl)": round(float(str(rows["check"]["wall"])) / yardstick, 2),
    }
    print(json.dumps(result, indent=1))
    slowest = max(float(str(rows["check"]["worst"])), beside[0]["wall"])
    return int(slowest > LIMIT_S or ratio > RATIO)


if __name__ == "__main__":
    sys.exit(main())

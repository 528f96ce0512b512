"""How fast the commands of somebody on call answer, beside what cannot be beaten.

Needs a running sandbox, curl, and an idle machine:

    python -m sandbox up &
    python benchmarks/command_speed.py --env sandbox

Takes `check` and its yardstick in turn, and each other command in a row, so often that one-time codes would
run out; then `check`, `circuits report` and `synthetic --all` at the same time. Prints one JSON document:
wall and CPU seconds, and ratios, with what was demanded of each. Leaves with 1 when one is missed.

The yardstick for `check` is the start of the command line plus one curl that fetches the same URLs in
parallel over kept connections. The start of the command line is `gate --help`: Python, the command line and
its list of commands, but nothing that a command itself imports, so that no import of `check` makes the
yardstick longer. The first `check` of an account asks the cloud for addresses, signs in and reads the
documents: it has a row of its own and the limit in seconds, not the one in yardsticks. Code is compiled
before anything is measured, as it is on a machine where commands ran before.
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
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TypedDict
from urllib.parse import urlsplit

from gates.composition.environment import Context

GATE = str(Path(sys.executable).with_name("gate"))
PATHS = ("/healthz", "/readyz", "/version", "/internal/circuits")
TRIAGE = ("circuits report", "rollback status", "decisions", "approvals --stage immediate")
LIMIT_S, RATIO = 1.5, 2.0
HELP_RATIO, STATUS_S = 5.0, 1.0


def timed(*command: str) -> dict[str, float]:
    """Run a command and return its wall seconds, CPU seconds and exit code."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 3), "cpu": round(cpu, 3), "exit": code}


class Row(TypedDict):
    """What a command took, several times in a row: medians, the worst, each, and its exit codes."""

    wall: float
    worst: float
    cpu: float
    walls: list[float]
    exits: list[int]


def several(times: int, *command: str) -> Row:
    """Run a command several times in a row."""
    return in_turn(times, {"": command})[""]


def in_turn(times: int, commands: Mapping[str, Sequence[str]]) -> dict[str, Row]:
    """Run commands several times, each in its turn: what slows the machine down meets all of them alike."""
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for _ in range(times):
        for name, command in commands.items():
            seen[name].append(timed(*command))
    return {name: _row(found) for name, found in seen.items()}


def _row(found: Sequence[dict[str, float]]) -> Row:
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
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        compared = {"python": (sys.executable, "-c", "pass"), "gate --help": (GATE, "--help")}
        compared |= {"gate check --help": (GATE, "check", "--help"), "check": (GATE, "check", *env)}
        compared |= {"curl": curl(Context(options.env), Path(folder))}
        rows = {"first check": several(1, GATE, "check", *env), **in_turn(options.times, compared)}
        rows |= {name: several(options.times, GATE, *name.split(), *env) for name in TRIAGE}
        together = [("check",), ("circuits", "report"), ("synthetic", "--all")]
        with ThreadPoolExecutor(max_workers=len(together)) as pool:
            beside = list(pool.map(lambda words: timed(GATE, *words, *env), together))
    found = demanded(rows, beside[0]["wall"])
    result = {
        "load_average": os.getloadavg()[0],
        **rows,
        "at the same time": {" ".join(words): one for words, one in zip(together, beside, strict=True)},
        "demanded": {name: {"seen": round(seen, 2), "at most": limit} for name, seen, limit in found},
    }
    print(json.dumps(result, indent=1))
    is_well = rows["check"]["exits"] == [0] and beside[0]["exit"] == 0
    return int(not is_well or any(seen > limit for _, seen, limit in found))


def demanded(rows: dict[str, Row], beside_s: float) -> list[tuple[str, float, float]]:
    """Return what is demanded of the rows: what it is, what was seen, and the most that it may be."""
    start, check = rows["gate --help"], rows["check"]
    yardstick = start["wall"] + rows["curl"]["wall"]
    return [
        ("first check, s", rows["first check"]["wall"], LIMIT_S),
        ("worst check, s", check["worst"], LIMIT_S),
        ("check beside others, s", beside_s, LIMIT_S),
        ("worst check / (gate --help + curl)", check["worst"] / yardstick, RATIO),
        ("median check / (gate --help + curl)", check["wall"] / yardstick, RATIO),
        (
            "median check / (gate --help + curl), CPU",
            check["cpu"] / (start["cpu"] + rows["curl"]["cpu"]),
            RATIO,
        ),
        ("gate --help / python -c pass", start["wall"] / rows["python"]["wall"], HELP_RATIO),
        ("rollback status, s", rows["rollback status"]["wall"], STATUS_S),
    ]


if __name__ == "__main__":
    sys.exit(main())

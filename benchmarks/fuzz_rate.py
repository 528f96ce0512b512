"""Cases per second of our contract suite, against Schemathesis' own command line, in pairs.

The same document, phases (examples, coverage, fuzzing), number of examples and seed, the same service of a
sandbox with a good token. Run it beside a sandbox: `.venv/bin/python -m sandbox with -- .venv/bin/python -m
benchmarks.fuzz_rate [SERVICE]`. Both are given the plain mesh, so that neither pays for TLS. Prints one JSON
line; `ratio` is the median of the pairs, and `cpu_ratio` the same per second of the client's own CPU, which a
busy machine does not disturb; the command line's start is taken off there.
"""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from gates.adapters.producers import targeting
from journeys.client import client
from journeys.session import AUTH, sign_in
from tests.validation.contract_document import with_open_answers, without_security
from tests.validation.contract_plan import Plan
from tests.validation.contract_run import run_contract

PAIRS = 3
EXAMPLES = 20
SEED = 20260101
STARTED = [str(Path(sys.executable).with_name("st"))]
ENDPOINTS = Path(os.environ.get("GATE_ENDPOINTS_FILE", ".sandbox/endpoints.json"))
DOCUMENTS = Path("platforms/isectech/openapi")


@dataclass(frozen=True)
class Rate:
    """How many cases in how many seconds, on the clock and of the client's CPU."""

    cases: int
    seconds: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        """Cases per second."""
        return self.cases / self.seconds

    @property
    def per_cpu_s(self) -> float:
        """Cases per second of CPU."""
        return self.cases / self.cpu_s


def main() -> None:
    """Time both, A B B A …, and print cases per second and the ratio."""
    service = sys.argv[1] if len(sys.argv) > 1 else "behavioral-analysis"
    target = targeting.find_target(Path("platforms/isectech"), "sandbox")
    with client(target, AUTH) as auth:
        headers = dict(sign_in(auth, targeting.identity_of(target, "fuzz")).headers)
    document = json.loads((DOCUMENTS / f"{service}.json").read_text(encoding="utf-8"))
    address, host = mesh(target.service(service).base_url)
    start = cpu_of([*STARTED, "--version"])
    ours: list[Rate] = []
    theirs: list[Rate] = []
    for number in range(PAIRS):
        for turn in (0, 1) if number % 2 == 0 else (1, 0):
            given = document, address, {**headers, "Host": host}
            if turn == 0:
                ours.append(ours_rate(*given))
            else:
                theirs.append(theirs_rate(*given, start))
    print(json.dumps({"service": service, "pairs": PAIRS, **figures(ours, theirs)}))


def figures(ours: list[Rate], theirs: list[Rate]) -> dict[str, float]:
    """Return medians, and the medians of the ratios of the pairs."""
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "ours_cases": ours[0].cases,
        "command_line_cases": theirs[0].cases,
        "ours_per_s": round(statistics.median(one.per_s for one in ours), 1),
        "command_line_per_s": round(statistics.median(one.per_s for one in theirs), 1),
        "ratio": round(statistics.median(a.per_s / b.per_s for a, b in pairs), 3),
        "cpu_ratio": round(statistics.median(a.per_cpu_s / b.per_cpu_s for a, b in pairs), 3),
    }


def mesh(base_url: str) -> tuple[str, str]:
    """Return the plain address of the sandbox's mesh, and the name to say there."""
    endpoints = json.loads(ENDPOINTS.read_text(encoding="utf-8"))
    return str(endpoints["mesh"]), base_url.removeprefix("https://")


def ours_rate(document: dict[str, object], address: str, headers: dict[str, str]) -> Rate:
    """Return the rate of the suite, its import not counted, as for the command line."""
    plan = Plan(seed=SEED, examples=EXAMPLES, seconds=600.0, is_deep=True)
    with httpx.Client(base_url=address, trust_env=False, timeout=10) as http:
        started, cpu = time.perf_counter(), time.process_time()
        run = run_contract(document, http, headers, frozenset(), plan)
        return Rate(run.requests, time.perf_counter() - started, time.process_time() - cpu)


def cpu_of(command: list[str]) -> float:
    """Return the CPU seconds of a command that may find something."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, timeout=900, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def theirs_rate(document: dict[str, object], address: str, headers: dict[str, str], start: float) -> Rate:
    """Return the rate that the command line reports of its own test phases."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(with_open_answers(without_security(document))), encoding="utf-8")
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        command = [*STARTED, "run", str(path), "--url", address, *words, "--no-color", "--seed", str(SEED)]
        command += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(2 * EXAMPLES)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        environment = {**os.environ, "NO_PROXY": "*"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=900, check=False
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        generated, seconds = told(done.stdout)
        return Rate(generated, seconds, max(cpu - start, 0.01))


def told(said: str) -> tuple[int, float]:
    """Return the generated cases and the seconds in the summary of a run."""
    generated = re.search(r"(\d[\d,]*) generated", said)
    seconds = re.findall(r" in ([\d.]+)s =", said)
    if generated is None or not seconds:
        raise SystemExit(f"the command line said nothing of its cases:\n{said[-2000:]}")
    return int(generated[1].replace(",", "")), float(seconds[-1])


if __name__ == "__main__":
    main()

"""Cases per second of our contract suite, against Schemathesis' own command line, in pairs.

The same document of one service, the same phases (examples, coverage, fuzzing), number of examples and seed, the
same service of a sandbox with a good token. Run it beside a sandbox: `python -m sandbox with -- python
benchmarks/fuzz_rate.py [SERVICE]`. Both are given the service's address on the plain mesh, so that neither pays
for TLS. Prints one JSON line; `ratio` is the median of the pairs.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from gates.adapters import targeting
from journeys.client import client
from journeys.session import AUTH, sign_in
from tests.validation.contract_document import with_open_answers, without_security
from tests.validation.contract_run import Plan, run_contract

PAIRS = 3
EXAMPLES = 20
SEED = 20260101
DOCUMENTS = Path("platforms/isectech/openapi")


def main() -> None:
    """Time both, A B B A …, and print cases per second and the ratio."""
    service = sys.argv[1] if len(sys.argv) > 1 else "behavioral-analysis"
    target = targeting.find_target(Path("platforms/isectech"), "sandbox")
    with client(target, AUTH) as auth:
        headers = dict(sign_in(auth, targeting.identity_of(target, "fuzz")).headers)
    document = json.loads((DOCUMENTS / f"{service}.json").read_text(encoding="utf-8"))
    address, host = mesh(target.service(service).base_url)
    ours, theirs = [], []
    for number in range(PAIRS):
        turns = (ours_rate, theirs_rate) if number % 2 == 0 else (theirs_rate, ours_rate)
        for turn in turns:
            (ours if turn is ours_rate else theirs).append(turn(document, address, {**headers, "Host": host}))
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    figures = {"ours_per_s": statistics.median(ours), "command_line_per_s": statistics.median(theirs)}
    rounded = {name: round(value, 1) for name, value in figures.items()}
    print(
        json.dumps(
            {"service": service, "pairs": PAIRS, **rounded, "ratio": round(statistics.median(ratios), 3)}
        )
    )


def mesh(base_url: str) -> tuple[str, str]:
    """Return the plain address of the sandbox's mesh, and the name to say there."""
    endpoints = json.loads(Path(".sandbox/endpoints.json").read_text(encoding="utf-8"))
    return str(endpoints["mesh"]), base_url.removeprefix("https://")


def ours_rate(document: dict[str, object], address: str, headers: dict[str, str]) -> float:
    """Return the cases per second of the suite, its import not counted, as for the command line."""
    plan = Plan(seed=SEED, examples=EXAMPLES, seconds=600.0, is_deep=True)
    with httpx.Client(base_url=address, trust_env=False, timeout=10) as http:
        started = time.perf_counter()
        run = run_contract(document, http, headers, frozenset(), plan)
        return run.requests / (time.perf_counter() - started)


def theirs_rate(document: dict[str, object], address: str, headers: dict[str, str]) -> float:
    """Return the cases per second that the command line reports of its own test phases."""
    with tempfile.TemporaryDirectory() as folder:
        path, report = Path(folder) / "openapi.json", Path(folder) / "report.ndjson"
        path.write_text(json.dumps(with_open_answers(without_security(document))), encoding="utf-8")
        words = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
        command = [str(Path(sys.executable).with_name("st")), "run", str(path), "--url", address, *words]
        command += [
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            str(2 * EXAMPLES),
            "--no-color",
        ]
        command += ["--seed", str(SEED), "--report", "ndjson", "--report-ndjson-path", str(report)]
        environment = {**os.environ, "NO_PROXY": "*"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode not in (0, 1):
            raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
        return cases(done.stdout)


def cases(said: str) -> float:
    """Return the generated cases per second in the summary of a run."""
    generated = re.search(r"(\d[\d,]*) generated", said)
    seconds = re.search(r"in ([\d.]+)s", said)
    if generated is None or seconds is None:
        raise SystemExit(f"the command line said nothing of its cases:\n{said[-2000:]}")
    return int(generated[1].replace(",", "")) / float(seconds[1])


if __name__ == "__main__":
    main()

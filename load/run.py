"""Runs the load generator in a process of its own and returns exact figures.

Locust patches the interpreter that imports it, so it never runs in the process of pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from load.fault import generator_fault
from load.plan import Plan
from load.profiles import Offer
from load.record import Record, read_record
from load.summary import LoadSummary, summarise

_SPARE_S = 90.0
"""What a cold platform, the opening and the last answers may take beside the load itself."""
ROOT = Path(__file__).parents[1]
LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_FOREIGN = ("LOCUST_", "LOAD_", "PYTEST_", "GEVENT_")
"""Variables of this machine that would change what the generator does."""


class GeneratorError(Exception):
    """The generator did not do its work: nothing is known about the platform."""


class StarvedError(GeneratorError):
    """The generator could not send as it should: another run may."""


def record_name(profile: str) -> str:
    """Return the name of the file in a run's folder that holds the record of a profile."""
    return f"load-{profile}.json"


def surroundings(given: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """Return the variables of the generator: those of this machine without what would change its work.

    Locust reads its options from variables and from files in the home and the working folder as well.
    """
    kept = {name: text for name, text in given.items() if not name.startswith(_FOREIGN)}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where the load goes: `https://address`, which must show a certificate for `host`.

    `ca_file` is the CA to trust; None is the machine's own CAs. `audience` is what callers' tokens must be
    meant for; empty when everybody may call.
    """

    address: str
    host: str
    token: str
    ca_file: str | None
    audience: str = ""


def run_profile(offer: Offer, entrance: Entrance, *, folder: Path) -> LoadSummary:
    """Send a load and return its figures; the record stays in `folder`.

    Raises:
        StarvedError: the generator could not send as it should.
        GeneratorError: it did not end in time, or wrote nothing that adds up.
    """
    record = run_generator(offer, entrance, folder=folder)
    if fault := generator_fault(record):
        raise StarvedError(f"{fault}: nothing is known about the platform")
    return summarise(record)


def run_generator(offer: Offer, entrance: Entrance, *, folder: Path) -> Record:
    """Send a load and return what was recorded, whoever is to blame for it.

    Raises:
        GeneratorError: it did not end in time, or wrote nothing that adds up.
    """
    folder = folder.resolve()
    out, plan = folder / record_name(offer.name), folder / f"load-{offer.name}-plan.json"
    out.unlink(missing_ok=True)
    trusted = str(Path(entrance.ca_file).resolve()) if entrance.ca_file else None
    told = Plan(offer=offer, host=entrance.host, ca_file=trusted, out=str(out), audience=entrance.audience)
    plan.write_text(told.to_json(), encoding="utf-8")
    users = str(offer.connections)
    command = [
        *(
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(LOCUSTFILE),
            "-H",
            f"https://{entrance.address}",
            "--headless",
        ),
        *("-u", users, "-r", users, "--skip-log", "--only-summary", "--exit-code-on-error", "0"),
    ]
    variables = {"LOAD_PLAN": str(plan), "LOAD_TOKEN": entrance.token, "LOAD_PARENT": str(os.getpid())}
    try:
        ended = subprocess.run(
            command,
            cwd=folder,
            env={**surroundings(os.environ, home=folder), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=offer.warm_up + offer.seconds + _SPARE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GeneratorError(f"the generator did not end within {error.timeout:g} s") from error
    return _checked(out, ended)


def _checked(out: Path, ended: subprocess.CompletedProcess[str]) -> Record:
    try:
        record = read_record(out)
    except (OSError, ValueError) as error:
        said = ended.stderr.strip()[-300:]
        raise GeneratorError(f"the generator ended with {ended.returncode}: {said}") from error
    kept = len(record.opening) + sum(one.done is not None for one in record.sent)
    if record.counted != kept:
        raise GeneratorError(f"the generator counted {record.counted} requests and kept {kept}")
    if not record.sent:
        raise GeneratorError("the generator sent nothing")
    return record

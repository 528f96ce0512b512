"""Sends a load profile at the gateway's public name and measures what became of it, for producers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from gates.model.access import OPEN
from gates.model.target import Target
from journeys.client import SilenceError, client
from load.profiles import PROFILES
from load.run import Entrance, GeneratorError, StarvedError, run_profile
from load.summary import LoadSummary, outlier, service_behind

GATEWAY = "api-gateway"
Measure = Callable[..., None]


def send(profile: str, target: Target, *, token: str, folder: Path) -> LoadSummary:
    """Send a profile's load, at the rate that the environment expects, and return its figures.

    A generator that could not send as it should saw nothing: the checks that need it are not run.

    Raises:
        RefusedCallerError: Cloud Run refuses this caller at the entrance.
        GeneratorError: there is no such profile, or the generator broke.
    """
    if profile not in PROFILES:
        raise GeneratorError(f"there is no profile {profile}, known are {', '.join(PROFILES)}")
    offer = PROFILES[profile].offer(target.expected_load)
    host = urlsplit(target.public_url(GATEWAY)).hostname or ""
    _demand_let_in(target)
    address = dict(target.addresses).get(f"{host}:443", f"{host}:443")
    entrance = Entrance(
        address=address,
        host=host,
        token=token,
        ca_file=target.ca_file,
        audience=target.service(GATEWAY).audience,
    )
    try:
        return run_profile(offer, entrance, folder=folder)
    except StarvedError as error:
        pytest.skip(str(error))


def _demand_let_in(target: Target) -> None:
    """Raise RefusedCallerError if the entrance refuses this caller, before each answer does."""
    service = target.service(GATEWAY)
    if service.audience or service.ingress != OPEN:
        with (
            suppress(httpx.HTTPError, SilenceError),  # the load shows what becomes of these
            client(target, GATEWAY, base_url=target.public_url(GATEWAY)) as door,
        ):
            door.get("/healthz")


def measure_rate(load: LoadSummary, measure: Measure) -> None:
    """Measure the share of the offered rate that the platform took.

    Its samples are the requests that were to be sent: what could not be taken is no lack of evidence.
    """
    measure(
        load.achieved.seen,
        unit="ratio",
        samples=load.offered,
        at_best=load.achieved.at_best,
        doubt=_doubt(load),
        note=load.platform,
    )


def measure_errors(load: LoadSummary, measure: Measure) -> None:
    """Measure the share of requests without a 2xx answer."""
    measure(
        load.error_ratio.seen,
        unit="ratio",
        samples=load.requests,
        blames=service_behind(outlier({one.path: one.failed for one in load.by_path}), entrance=GATEWAY),
        at_best=load.error_ratio.at_best,
        doubt=_doubt(load),
    )


def measure_p95(load: LoadSummary, measure: Measure) -> None:
    """Measure the 95th percentile of the exact latencies, each from the moment its request was due."""
    tails, middles = ({o.path: o.p95 for o in load.by_path}, {o.path: o.median for o in load.by_path})
    measure(
        load.p95.seen,
        unit="ms",
        samples=load.offered,
        blames=service_behind(outlier(tails) or outlier(middles), entrance=GATEWAY),
        at_best=load.p95.at_best,
        doubt=_doubt(load),
        note=load.opening,
    )


def _doubt(load: LoadSummary) -> str:
    """Return why a bad figure may not be the platform's."""
    return f"{load.machine}: what was slow or missing then may be the machine's"

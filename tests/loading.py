"""Sends a load profile at the gateway's public name, for producers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gates.model.target import Target
from load.profiles import PROFILES
from load.run import Entrance, GeneratorError, StarvedError, run_profile
from load.summary import LoadSummary


def send(profile: str, target: Target, *, token: str, folder: Path) -> LoadSummary:
    """Send a profile's load, at the rate that the environment expects, and return its figures.

    A generator that could not send as it should saw nothing: the checks that need it are not run.

    Raises:
        GeneratorError: there is no such profile, or the generator broke.
    """
    if profile not in PROFILES:
        raise GeneratorError(f"there is no profile {profile}, known are {', '.join(PROFILES)}")
    offer = PROFILES[profile].offer(target.expected_load)
    host = urlsplit(target.public_url("api-gateway")).hostname or ""
    address = dict(target.addresses).get(f"{host}:443", f"{host}:443")
    entrance = Entrance(address=address, host=host, token=token, ca_file=target.ca_file)
    try:
        return run_profile(offer, entrance, folder=folder)
    except StarvedError as error:
        pytest.skip(str(error))


def doubt(load: LoadSummary) -> str:
    """Return why a bad figure may not be the platform's."""
    return f"{load.machine}: what was slow or missing then may be the machine's"

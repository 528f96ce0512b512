"""Sends a load profile at the gateway's public name, for producers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from gates.model.target import Target
from load.profiles import Profile
from load.run import LoadSummary, run_profile


def send(profile: Profile, target: Target, *, token: str, folder: Path) -> LoadSummary:
    """Send a profile's load and return its figures.

    Raises:
        GeneratorError: the generator did not do its work.
    """
    name = urlsplit(target.public_url("api-gateway")).hostname or ""
    address = dict(target.addresses).get(f"{name}:443", f"{name}:443")
    return run_profile(profile, address=address, name=name, token=token, folder=folder)

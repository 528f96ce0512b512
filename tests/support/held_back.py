"""Collects all producers for an environment, runs none, and tells which are held back and why.

`python -m tests.support.held_back TARGET.json` prints one JSON object: node id → reason, or null.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.producers.targeting import target_to_json
from gates.model.platform import Impact
from gates.model.target import Demand, ServiceTarget, Target
from tests.support import builders

PLATFORM = Path("platforms/isectech")
PRODUCERS = ("tests/validation", "tests/readiness")
_SECONDS = 120


def target(*allowed: Impact) -> Target:
    """Return a target of all nine services in an environment that allows these impacts; nothing is there."""
    platform = load_platform(PLATFORM)
    catalogue = load_catalogue(PLATFORM, platform)
    services = tuple(
        ServiceTarget(name=name, base_url=f"https://{name}.test", revision=f"{name}-1", digest="sha256:1")
        for name in platform.service_names
    )
    return builders.target(
        environment="elsewhere",
        fingerprint="f",
        services=services,
        allowed_impacts=allowed,
        demands=tuple(Demand(criterion=c.id, services=c.services) for c in catalogue.criteria),
    )


def held_back(folder: Path, *allowed: Impact) -> Mapping[str, str | None]:
    """Return of every collected producer why it is held back where only these impacts are allowed."""
    file = folder / "target.json"
    file.write_text(target_to_json(target(*allowed)), encoding="utf-8")
    command = [sys.executable, "-m", "tests.support.held_back", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    found: Mapping[str, str | None] = json.loads(done.stdout)
    return found


class Listing:
    """A pytest plugin that notes what was collected."""

    def __init__(self) -> None:
        self.found: dict[str, str | None] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note each producer and the reason that holds it back."""
        for item in session.items:
            mark = item.get_closest_marker("skip")
            self.found[item.nodeid] = str(mark.kwargs.get("reason")) if mark else None


def main(file: str) -> None:
    """Collect and print."""
    listing = Listing()
    options = ["--collect-only", "-q", f"--gate-target={file}", *PRODUCERS]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main(options, plugins=[listing])
    if code != 0:
        sys.exit(said.getvalue())
    sys.stdout.write(json.dumps(listing.found))


if __name__ == "__main__":
    main(sys.argv[1])

"""Where services answer, remembered from one command to the next."""

from __future__ import annotations

import time
from pathlib import Path

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.service_addresses import ServiceAddresses
from tests.support import builders

PLACE = builders.environment(allowed_impacts=())


def test_addresses_of_hosts_are_remembered_as_long_as_they_are_good(tmp_path: Path) -> None:
    """An address without an end, or with one in the past, is forgotten; URLs stay."""
    files, now = PersonalFiles(tmp_path / "cache"), time.time()
    first = ServiceAddresses(PLACE, lambda service: f"https://{service}.test", files)
    first.of("a")
    first.hosts |= {"a.test": ("127.0.0.1", now + 60), "b.test": ("127.0.0.2", now - 1)}
    first.hosts["c.test"] = ("127.0.0.3", float("inf"))
    first.keep()
    second = ServiceAddresses(PLACE, lambda _service: "https://wrong.test", files)
    assert second.hosts == {"a.test": ("127.0.0.1", now + 60)}
    assert second.of("a") == "https://a.test"

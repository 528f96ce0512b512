"""What takes its time to arrive at Google's APIs: begun with the first check of a run, looked at late."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from google.cloud import errorreporting_v1beta1 as reporting

from gates.model.target import Target
from tests.observing import TIMEOUT_S

Google = Callable[[type[Any]], Any]


@pytest.fixture(scope="session")
def asked(target: Target, http: Callable[[str], httpx.Client]) -> Mapping[str, float]:
    """Send a request to every service, and remember when: all of them then arrive in one wait."""
    times = {}
    for service in target.services:
        times[service.name] = time.time()
        http(service.name).get("/healthz")
    return times


@pytest.fixture(scope="session")
def marked(
    target: Target, http: Callable[[str], httpx.Client], label: str
) -> tuple[Mapping[str, str], float]:
    """Send a request with a mark of its own to every service; the marks, and when the last one was sent."""
    marks = {}
    for service in target.services:
        marks[service.name] = f"{label}-{secrets.token_hex(6)}"
        http(service.name).get("/healthz", params={"marker": marks[service.name]})
    return marks, time.monotonic()


@pytest.fixture(scope="session")
def planted(target: Target, google: Google, label: str) -> tuple[Mapping[str, str], float]:
    """Report an error of every service, each with a mark of its own; the marks, and when that was done."""
    client = google(reporting.ReportErrorsServiceClient)
    marks = {}
    for service in target.services:
        marks[service.name] = f"PlantedError: {label}-{secrets.token_hex(6)}"
        location = {"file_path": "release-gate", "line_number": 1, "function_name": "plant"}
        event = reporting.ReportedErrorEvent(
            message=marks[service.name],
            service_context={
                "service": target.cloud_run_name(service.name),
                "version": service.revision,
            },
            context={"report_location": location},
        )
        client.report_error_event(project_name=f"projects/{target.project}", event=event, timeout=TIMEOUT_S)
    return marks, time.monotonic()

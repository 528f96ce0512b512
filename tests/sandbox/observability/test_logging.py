"""Cloud Logging and Error Reporting as Google's own clients see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api import monitored_resource_pb2
from google.api_core import exceptions
from google.cloud import errorreporting_v1beta1
from google.cloud.logging_v2 import types
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.protobuf import struct_pb2

from tests.sandbox.observability.conftest import PARENT, SERVICE, Watch

LOG = f"{PARENT}/logs/release-gate-synthetic"


@pytest.fixture
def logging(watch: Watch) -> Any:
    """The real client."""
    return watch.client(LoggingServiceV2Client)


def write(client: Any, *, passed: bool = True, ago: float = 0.0, log: str = LOG) -> None:
    """Write one entry with a payload."""
    payload = struct_pb2.Struct()
    payload.update({"journey": "analyst", "passed": passed, "seconds": 1.5})
    entry = types.LogEntry(
        json_payload=payload, severity="INFO", timestamp=datetime.now(UTC) - timedelta(seconds=ago)
    )
    client.write_log_entries(
        log_name=log,
        resource=monitored_resource_pb2.MonitoredResource(type="global"),
        labels={"environment": "sandbox"},
        entries=[entry],
    )


def found(client: Any, text: str, **more: Any) -> list[Any]:
    """List the entries that a filter means."""
    request = {"resource_names": [PARENT], "filter": text, "page_size": 2, **more}
    return list(client.list_log_entries(request=request))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f'logName="{LOG}"', 3),
        (f'logName="{LOG}" AND jsonPayload.passed=true', 2),
        ('jsonPayload.journey="analyst"\nlabels.environment="sandbox"', 3),
        ('jsonPayload.seconds>=1.5 severity>="INFO"', 3),
        ("jsonPayload.seconds>1.5", 0),
        ('jsonPayload.journey:"ANA" jsonPayload.passed!=true', 1),
        ('resource.type="cloud_run_revision" httpRequest.requestUrl:"marker"', 1),
        (f'resource.labels.service_name="{SERVICE}" httpRequest.status>=500', 1),
        ('jsonPayload.journey=~"^an.*t$"', 3),
    ],
)
def test_entries_are_found_by_their_fields(watch: Watch, logging: Any, text: str, count: int) -> None:
    """Written entries and the requests of the services are found again, across pages."""
    write(logging, ago=60)
    write(logging, ago=30)
    write(logging, passed=False)
    watch.request(path="/healthz?marker=1")
    watch.request(503)
    assert len(found(logging, text)) == count


def test_entries_come_in_the_order_of_time(logging: Any) -> None:
    """Oldest first, or newest first when that is wanted; a bound of time leaves the older ones out."""
    for ago in (10, 3600, 60):
        write(logging, ago=ago)
    times = [one.timestamp for one in found(logging, f'logName="{LOG}"')]
    assert times == sorted(times)
    assert [one.timestamp for one in found(logging, f'logName="{LOG}"', order_by="timestamp desc")] == times[
        ::-1
    ]
    bound = (datetime.now(UTC) - timedelta(seconds=120)).isoformat()
    assert len(found(logging, f'logName="{LOG}" AND timestamp>="{bound}"')) == 2


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("nothing=1", exceptions.InvalidArgument),
        ("severity>=LOUD", exceptions.InvalidArgument),
        ('timestamp>"soon"', exceptions.InvalidArgument),
        ('jsonPayload.a="b', exceptions.InvalidArgument),
        ('severity=ERROR OR severity="INFO"', exceptions.MethodNotImplemented),
    ],
)
def test_bad_filters_are_refused(logging: Any, text: str, error: type[Exception]) -> None:
    """A filter that is wrong, or that only the real API understands, never answers a wrong list."""
    with pytest.raises(error):
        found(logging, text)


def test_bad_writes_are_refused(logging: Any) -> None:
    """Another project's log, a name that is none, no entry at all."""
    with pytest.raises(exceptions.PermissionDenied):
        write(logging, log="projects/other/logs/a")
    with pytest.raises(exceptions.InvalidArgument):
        write(logging, log="a/b")
    with pytest.raises(exceptions.InvalidArgument):
        logging.write_log_entries(entries=[])
    with pytest.raises(exceptions.MethodNotImplemented):
        next(iter(logging.tail_log_entries(iter([types.TailLogEntriesRequest(resource_names=[PARENT])]))))


def test_a_broken_sink_acknowledges_and_loses(watch: Watch, logging: Any) -> None:
    """While the sink is broken nothing is kept, neither what is written nor requests."""
    watch.board.set("log-sink-broken", in_force=True)
    write(logging)
    watch.request(path="/marker")
    assert found(logging, 'severity>="DEFAULT"') == []


def test_stopped_synthetics_are_old(watch: Watch, logging: Any) -> None:
    """Their entries are two days old while the disturbance is in force, and as new as before after it."""
    write(logging)
    watch.board.set("synthetics-stopped", in_force=True)
    (entry,) = found(logging, f'logName="{LOG}"')
    assert datetime.now(UTC) - entry.timestamp > timedelta(days=1)
    watch.board.set("synthetics-stopped", in_force=False)
    (entry,) = found(logging, f'logName="{LOG}"')
    assert datetime.now(UTC) - entry.timestamp < timedelta(minutes=1)


def report(watch: Watch, message: str) -> None:
    """Report one error of a service."""
    event = errorreporting_v1beta1.ReportedErrorEvent(
        message=message, service_context={"service": SERVICE, "version": "1"}
    )
    event.context.report_location = {"file_path": "gate", "line_number": 1, "function_name": "plant"}
    client = watch.client(errorreporting_v1beta1.ReportErrorsServiceClient)
    client.report_error_event(project_name=PARENT, event=event)


def test_errors_are_grouped_and_counted(watch: Watch) -> None:
    """Reported errors with one first line are a group; a server error of a service is another."""
    for _ in range(2):
        report(watch, "Planted: here\n  File gate")
    watch.request(500)
    client = watch.client(errorreporting_v1beta1.ErrorStatsServiceClient)
    groups = list(client.list_group_stats(project_name=PARENT, time_range={"period": "PERIOD_1_HOUR"}))
    assert sorted(group.count for group in groups) == [1, 2]
    planted = next(group for group in groups if group.count == 2)
    assert [one.service for one in planted.affected_services] == [SERVICE]
    assert planted.representative.message.startswith("Planted: here")


def test_errors_without_a_message_or_while_off_are_not_kept(watch: Watch) -> None:
    """An empty report is refused; while tracking is off a good one is acknowledged and lost."""
    with pytest.raises(exceptions.InvalidArgument):
        report(watch, "")
    watch.board.set("error-tracking-off", in_force=True)
    report(watch, "Planted")
    client = watch.client(errorreporting_v1beta1.ErrorStatsServiceClient)
    assert list(client.list_group_stats(project_name=PARENT)) == []

"""The Cloud Monitoring adapter: what it asks, what it makes of the answer, and when it says nothing."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from gates.adapters.google.cloud_monitoring import CloudMonitoring
from gates.errors import (
    CloudError,
    ConfigurationError,
    DeniedError,
    NotFoundError,
    QuotaError,
    UnavailableError,
)
from gates.model.evidence import Window
from tests.support.fake_monitoring import FakeMonitoring, response, series

NOW = datetime(2027, 1, 15, 8, 0, 0, 500_000, tzinfo=UTC)
SERVICE, REVISION = "isectech-auth-service", "isectech-auth-service-00002-bbb"
OLD = Window(start=NOW - timedelta(minutes=20), end=NOW - timedelta(minutes=10))


@pytest.fixture
def cloud() -> Iterator[FakeMonitoring]:
    """A Monitoring that answers what the test says."""
    with FakeMonitoring().running() as fake:
        yield fake


@pytest.fixture
def monitoring(cloud: FakeMonitoring) -> Iterator[CloudMonitoring]:
    """The adapter in front of it, with a clock that stands still."""
    adapter = CloudMonitoring("project-1", cloud.endpoint, region="us-central1", now=lambda: NOW)
    yield adapter
    adapter.close()


def counts(**by_class: int) -> Any:
    """Return an answer with one count per response class (`c2xx=7`)."""
    found = [
        series({"int64_value": count}, revision=REVISION, response_class=name.removeprefix("c"))
        for name, count in by_class.items()
    ]
    return response(*found)


def ask_all(monitoring: CloudMonitoring, window: Window = OLD) -> list[Any]:
    """Ask for every signal."""
    return [
        monitoring.error_ratio(SERVICE, REVISION, window),
        monitoring.latency_percentile(SERVICE, REVISION, window),
        monitoring.request_count(SERVICE, REVISION, window),
        monitoring.instance_count(SERVICE, REVISION, window),
    ]


def test_error_ratio_is_failed_by_answered(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """5xx and unknown classes are failures, 1xx to 3xx are not, and the samples are all of them."""
    cloud.answer = lambda _: counts(c2xx=90, c3xx=5, c1xx=1, c5xx=3, cunknown=1)
    signal = monitoring.error_ratio(SERVICE, REVISION, OLD)
    assert signal is not None
    assert (signal.measurement.value, signal.measurement.unit) == (0.04, "ratio")
    assert (signal.samples, signal.service, signal.revision) == (100, SERVICE, REVISION)


def test_refused_callers_are_left_out(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """The filters of error ratio and latency leave 4xx out, so that they cannot dilute; the count has all."""
    ask_all(monitoring)
    excluded = [
        (request.filter.split('"')[1].removeprefix("run.googleapis.com/"), '!= "4xx"' in request.filter)
        for request in cloud.requests
    ]
    assert excluded == [
        ("request_count", True),
        ("request_latencies", True),
        ("request_latencies", True),
        ("request_count", False),
        ("container/instance_count", False),
    ]


def test_no_data_is_none(monitoring: CloudMonitoring) -> None:
    """An empty answer is no signal at all, never a ratio of zero."""
    assert ask_all(monitoring) == [None, None, None, None]


def test_zero_requests_are_no_signal(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """Series that are there and count nothing are no data either."""
    cloud.answer = lambda _: counts(c2xx=0, c5xx=0)
    assert ask_all(monitoring)[:3] == [None, None, None]


def test_no_failures_is_a_ratio_of_zero_with_its_samples(
    cloud: FakeMonitoring, monitoring: CloudMonitoring
) -> None:
    """Zero failures among real requests is a measurement, unlike no requests."""
    cloud.answer = lambda _: counts(c2xx=12)
    signal = monitoring.error_ratio(SERVICE, REVISION, OLD)
    assert signal is not None
    assert (signal.measurement.value, signal.samples) == (0.0, 12)


def test_latency_merges_distributions(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """Distributions are merged into a percentile, and the samples come from the merged distribution."""

    def answer(request: Any) -> Any:
        if request.aggregation.cross_series_reducer.name == "REDUCE_PERCENTILE_05":
            return response(series({"double_value": 7.5}, revision=REVISION))
        return response(series({"distribution_value": {"count": 420, "mean": 9}}, revision=REVISION))

    cloud.answer = answer
    signal = monitoring.latency_percentile(SERVICE, REVISION, OLD, percentile=5)
    assert signal is not None
    assert (signal.measurement.value, signal.measurement.unit, signal.samples) == (7.5, "ms", 420)
    assert {request.aggregation.per_series_aligner.name for request in cloud.requests} == {"ALIGN_DELTA"}


def test_an_impossible_percentile_is_refused(monitoring: CloudMonitoring) -> None:
    """A percentile that Monitoring cannot reduce to is the caller's mistake."""
    with pytest.raises(ValueError, match="not 90"):
        monitoring.latency_percentile(SERVICE, REVISION, OLD, percentile=90)


def test_several_percentiles_are_never_merged(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """Two percentiles for one window cannot become one number."""
    cloud.answer = lambda _: response(series({"double_value": 1.0}, {"double_value": 2.0}, revision=REVISION))
    with pytest.raises(CloudError, match="2 percentiles"):
        monitoring.latency_percentile(SERVICE, REVISION, OLD)


def test_instances_are_summed_up_over_time(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """The highest minute by default, another summary on demand; samples are the minutes."""
    cloud.answer = lambda _: response(
        series({"double_value": 2.0}, {"double_value": 5.0}, {"double_value": 2.0}, revision=REVISION)
    )
    highest = monitoring.instance_count(SERVICE, REVISION, OLD)
    average = monitoring.instance_count(SERVICE, REVISION, OLD, over_time=statistics.fmean)
    assert highest is not None
    assert average is not None
    assert (highest.measurement.value, highest.measurement.unit, highest.samples) == (5.0, "instances", 3)
    assert average.measurement.value == 3.0
    assert cloud.requests[0].aggregation.alignment_period == timedelta(seconds=60)


def test_the_question_names_project_region_service_and_revision(
    cloud: FakeMonitoring, monitoring: CloudMonitoring
) -> None:
    """The filter binds the answer to one revision of one service in one region, and quotes its values."""
    monitoring.request_count(SERVICE, 'x" OR "', OLD)
    (request,) = cloud.requests
    assert request.name == "projects/project-1"
    assert request.filter == (
        'metric.type = "run.googleapis.com/request_count" AND resource.type = "cloud_run_revision"'
        f' AND resource.labels.service_name = "{SERVICE}" AND resource.labels.revision_name = "x\\" OR \\""'
        ' AND resource.labels.location = "us-central1"'
    )
    assert request.aggregation.cross_series_reducer.name == "REDUCE_SUM"


def test_the_newest_samples_are_not_looked_at(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """A window up to now ends where samples are surely visible, in whole seconds, and the signal says so."""
    cloud.answer = lambda _: counts(c2xx=1)
    signal = monitoring.request_count(SERVICE, REVISION, Window(start=NOW - timedelta(minutes=9), end=NOW))
    assert signal is not None
    seen = Window(
        start=NOW.replace(microsecond=0) - timedelta(minutes=9) + timedelta(seconds=1),
        end=NOW.replace(microsecond=0) - timedelta(seconds=180),
    )
    (request,) = cloud.requests
    assert signal.window == seen
    assert (request.interval.start_time, request.interval.end_time) == (seen.start, seen.end)
    assert request.aggregation.alignment_period == seen.end - seen.start


def test_the_visibility_delay_is_a_parameter(cloud: FakeMonitoring) -> None:
    """An environment whose samples are visible sooner may say so."""
    adapter = CloudMonitoring(
        "project-1", cloud.endpoint, visibility_delay=timedelta(seconds=10), now=lambda: NOW
    )
    adapter.request_count(SERVICE, REVISION, Window(start=NOW - timedelta(minutes=5), end=NOW))
    adapter.close()
    assert cloud.requests[0].interval.end_time == NOW.replace(microsecond=0) - timedelta(seconds=10)
    assert "location" not in cloud.requests[0].filter


def test_by_default_the_machine_tells_the_time(cloud: FakeMonitoring) -> None:
    """Without a clock the newest moment that is asked for lies the visibility delay behind the real now."""
    adapter = CloudMonitoring("project-1", cloud.endpoint)
    before = datetime.now(UTC)
    adapter.request_count(SERVICE, REVISION, Window(start=before - timedelta(hours=1), end=before))
    adapter.close()
    end = cloud.requests[0].interval.end_time
    assert before - timedelta(seconds=181) <= end <= datetime.now(UTC) - timedelta(seconds=180)


def test_a_window_that_is_not_visible_yet_is_no_signal(
    cloud: FakeMonitoring, monitoring: CloudMonitoring
) -> None:
    """Less than a minute of visible time is not asked for at all."""
    cloud.answer = lambda _: counts(c2xx=100)
    fresh = Window(start=NOW - timedelta(seconds=230), end=NOW)
    assert ask_all(monitoring, fresh) == [None, None, None, None]
    assert cloud.requests == []


def test_a_window_below_a_minute_is_refused(monitoring: CloudMonitoring) -> None:
    """The API cannot align less than a minute: such a window would never have an answer."""
    with pytest.raises(ValueError, match="minute"):
        monitoring.error_ratio(
            SERVICE, REVISION, Window(start=OLD.start, end=OLD.start + timedelta(seconds=60))
        )


def test_all_pages_count(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """A sum goes over every page."""
    first = response(series({"int64_value": 3}, revision=REVISION), next_page_token="more")
    rest = response(series({"int64_value": 4}, revision=REVISION))
    cloud.answer = lambda request: rest if request.page_token == "more" else first
    signal = monitoring.request_count(SERVICE, REVISION, OLD)
    assert signal is not None
    assert signal.samples == 7


def test_a_partial_answer_is_an_error(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """An answer that admits to be incomplete is never counted."""
    cloud.answer = lambda _: response(
        series({"int64_value": 3}, revision=REVISION), execution_errors=[{"code": 4, "message": "shard lost"}]
    )
    with pytest.raises(UnavailableError, match="incompletely: shard lost") as caught:
        monitoring.request_count(SERVICE, REVISION, OLD)
    assert "ask again" in caught.value.next_step


def test_an_answer_about_another_revision_is_an_error(
    cloud: FakeMonitoring, monitoring: CloudMonitoring
) -> None:
    """A server that ignores the filter cannot lend one revision the figures of another."""
    cloud.answer = lambda _: response(series({"int64_value": 3}, revision="isectech-auth-service-00001-aaa"))
    with pytest.raises(CloudError, match="00001-aaa"):
        monitoring.request_count(SERVICE, REVISION, OLD)


@pytest.mark.parametrize(
    "value", [{"string_value": "3"}, {"bool_value": True}, {"double_value": float("nan")}, {}]
)
def test_a_value_that_is_no_number_is_an_error(
    cloud: FakeMonitoring, monitoring: CloudMonitoring, value: dict[str, Any]
) -> None:
    """Text, truth, NaN and nothing are refused instead of being counted as zero."""
    cloud.answer = lambda _: response(series(value, revision=REVISION))
    with pytest.raises(CloudError, match="where a finite number"):
        monitoring.instance_count(SERVICE, REVISION, OLD)


@pytest.mark.parametrize(
    ("status", "error", "step"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, DeniedError, "monitoring.viewer"),
        (grpc.StatusCode.NOT_FOUND, NotFoundError, "project"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, QuotaError, "wait"),
        (grpc.StatusCode.INVALID_ARGUMENT, CloudError, ""),
        (grpc.StatusCode.DEADLINE_EXCEEDED, UnavailableError, "ask again"),
    ],
)
def test_a_refusal_is_an_error_of_the_gate(
    cloud: FakeMonitoring,
    monitoring: CloudMonitoring,
    status: grpc.StatusCode,
    error: type[CloudError],
    step: str,
) -> None:
    """Every status becomes its error with a next step, never a signal and never no data."""
    cloud.answer = lambda _: status
    with pytest.raises(error, match="refused by the test") as caught:
        monitoring.request_count(SERVICE, REVISION, OLD)
    assert type(caught.value) is error
    assert step in caught.value.next_step


def test_a_short_outage_is_ridden_out(cloud: FakeMonitoring, monitoring: CloudMonitoring) -> None:
    """UNAVAILABLE is asked again."""
    answers = iter([grpc.StatusCode.UNAVAILABLE, counts(c2xx=5)])
    cloud.answer = lambda _: next(answers)
    signal = monitoring.request_count(SERVICE, REVISION, OLD)
    assert signal is not None
    assert signal.samples == 5


def test_no_server_is_unavailable(monitoring: CloudMonitoring, cloud: FakeMonitoring) -> None:
    """A Monitoring that stays away ends in an error within the patience, not in a hang."""
    cloud.answer = lambda _: grpc.StatusCode.UNAVAILABLE
    with pytest.raises(UnavailableError):
        monitoring.error_ratio(SERVICE, REVISION, OLD)


def test_missing_credentials_are_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an endpoint and without credentials the environment cannot be used."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/credentials.json")
    with pytest.raises(ConfigurationError, match="credentials for MetricServiceClient"):
        CloudMonitoring("project-1", None)

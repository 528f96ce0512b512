"""The local Cloud Monitoring answers the real google-cloud-monitoring client as documented."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import monitoring_v3

from sandbox.platform.contract import RequestSample
from tests.sandbox.signals.conftest import BAD, GOOD, NOW, PROJECT, SERVICE, Monitoring, request

CLASS = "metric.labels.response_code_class"
REVISION = "resource.labels.revision_name"
KIND = {"DELTA": 2, "GAUGE": 1}
TYPE = {"INT64": 2, "DOUBLE": 3, "DISTRIBUTION": 5}


def only_value(series: list[Any]) -> Any:
    """Return the value of the only point of the only series."""
    (one,) = series
    (point,) = one.points
    return point.value


def test_requests_are_counted_by_revision_and_class(monitoring: Monitoring) -> None:
    """ALIGN_DELTA and REDUCE_SUM by revision and class give what the router measured."""
    monitoring.record([200] * 7 + [204, 404] + [500] * 2)
    monitoring.record([200] * 3, revision=BAD)
    found = monitoring.query("request_count", "ALIGN_DELTA", "REDUCE_SUM", group_by=[REVISION, CLASS])
    counted = {
        (one.resource.labels["revision_name"], one.metric.labels["response_code_class"]): only_value(
            [one]
        ).int64_value
        for one in found
    }
    assert counted == {(GOOD, "2xx"): 8, (GOOD, "4xx"): 1, (GOOD, "5xx"): 2, (BAD, "2xx"): 3}


def test_raw_series_carry_every_documented_label(monitoring: Monitoring) -> None:
    """Without an aggregation a series has the resource's and the metric's labels, kind, type and unit."""
    monitoring.record([503])
    (series,) = monitoring.query("request_count")
    assert dict(series.resource.labels) == {
        "project_id": PROJECT,
        "location": "us-central1",
        "service_name": SERVICE,
        "revision_name": GOOD,
        "configuration_name": SERVICE,
    }
    assert dict(series.metric.labels) == {
        "response_code": "503",
        "response_code_class": "5xx",
        "route": SERVICE,
    }
    assert (series.resource.type, series.unit) == ("cloud_run_revision", "1")
    assert (series.metric_kind, series.value_type) == (KIND["DELTA"], TYPE["INT64"])


def test_a_rate_is_per_second(monitoring: Monitoring) -> None:
    """ALIGN_RATE divides by the period and yields a gauge of doubles."""
    monitoring.record([200] * 30)
    (series,) = monitoring.query("request_count", "ALIGN_RATE")
    assert only_value([series]).double_value == pytest.approx(30 / 600)
    assert (series.metric_kind, series.value_type) == (KIND["GAUGE"], TYPE["DOUBLE"])


def test_periods_are_counted_back_from_the_end(monitoring: Monitoring) -> None:
    """Points come newest first, one per period that has samples, each covering its period."""
    monitoring.record([200] * 2, ago=30)
    monitoring.record([200] * 5, ago=150)
    (series,) = monitoring.query("request_count", "ALIGN_DELTA", "REDUCE_SUM", period=60)
    points = [
        (point.interval.end_time.timestamp(), point.interval.start_time.timestamp(), point.value.int64_value)
        for point in series.points
    ]
    assert points == [(NOW, NOW - 60, 2), (NOW - 120, NOW - 180, 5)]


def test_the_interval_excludes_its_start_and_includes_its_end(monitoring: Monitoring) -> None:
    """A count that ends exactly at the start of the window belongs to the window before."""
    monitoring.record([200], ago=610)
    assert monitoring.query("request_count", "ALIGN_DELTA") == []
    monitoring.record([200] * 4, ago=600)
    monitoring.record([200] * 5, ago=10)
    monitoring.record([200] * 6, ago=0)
    assert only_value(monitoring.query("request_count", "ALIGN_DELTA")).int64_value == 9


def test_no_samples_is_an_empty_list(monitoring: Monitoring) -> None:
    """Nothing measured is no series at all, never a series of zeros."""
    monitoring.record([200], ago=7_200)
    assert monitoring.query("request_count", "ALIGN_DELTA", "REDUCE_SUM") == []
    assert monitoring.query("request_latencies", "ALIGN_DELTA", "REDUCE_PERCENTILE_95") == []
    assert monitoring.query("container/instance_count", "ALIGN_MEAN") == []


def test_fresh_samples_are_not_visible_yet(monitoring: Monitoring) -> None:
    """A sample newer than now minus the delay is invisible until the knob is turned."""
    monitoring.delay(180)
    monitoring.record([200] * 3, ago=200)
    monitoring.record([500] * 9, ago=170)
    assert only_value(monitoring.query("request_count", "ALIGN_DELTA", "REDUCE_SUM")).int64_value == 3
    monitoring.delay(0)
    assert only_value(monitoring.query("request_count", "ALIGN_DELTA", "REDUCE_SUM")).int64_value == 12


def test_requests_without_a_revision_are_not_counted(monitoring: Monitoring) -> None:
    """A request that reached no instance is not in request_count, as documented."""
    monitoring.record([503] * 5, revision="")
    assert monitoring.query("request_count") == []


def test_merged_percentile_is_near_the_true_one(monitoring: Monitoring) -> None:
    """ALIGN_DELTA with REDUCE_PERCENTILE_95 merges; the percentile of percentiles is another number."""
    latencies = []
    for revision, factor, count in ((GOOD, 1.0, 3_000), (BAD, 4.0, 1_000)):
        for rank in range(count):
            latencies.append(math.exp(NormalDist(3, 0.5).inv_cdf((rank + 0.5) / count)) * factor)
            monitoring.record([200], revision=revision, ago=300, latency_ms=latencies[-1])
    true = sorted(latencies)[int(0.95 * len(latencies))]
    found = monitoring.query("request_latencies", "ALIGN_DELTA", "REDUCE_PERCENTILE_95")
    merged = only_value(found).double_value
    worst = only_value(
        monitoring.query("request_latencies", "ALIGN_PERCENTILE_95", "REDUCE_MAX")
    ).double_value
    assert merged == pytest.approx(true, rel=0.1)
    assert worst > merged * 1.2
    assert (found[0].metric_kind, found[0].value_type) == (KIND["GAUGE"], TYPE["DOUBLE"])


def test_a_distribution_carries_its_buckets(monitoring: Monitoring) -> None:
    """An aligned latency series is a distribution with count, mean and exponential buckets."""
    for latency in (0.5, 1.0, 10.0, 10.0):
        monitoring.record([200], latency_ms=latency)
    value = only_value(monitoring.query("request_latencies", "ALIGN_DELTA")).distribution_value
    assert (value.count, value.mean) == (4, pytest.approx(21.5 / 4))
    # 1.4^6 = 7.5 <= 10 < 1.4^7 = 10.5, and bucket 0 is below 1 ms.
    assert list(value.bucket_counts) == [1, 1, 0, 0, 0, 0, 0, 2]
    assert value.bucket_options.exponential_buckets.growth_factor == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (f' AND resource.labels.revision_name = "{BAD}"', 2),
        (f' AND resource.label.revision_name != "{BAD}"', 4),
        (' AND metric.labels.response_code_class = "5xx"', 1),
        (' resource.type="cloud_run_revision"', 6),
        (' AND metric.labels.response_code = one_of("500", "201")', 2),
        (' AND resource.labels.service_name = starts_with("isectech-auth")', 6),
        (' AND resource.labels.revision_name = ends_with("-bbb")', 2),
        (' AND resource.labels.revision_name = has_substring("00002")', 2),
        (' AND metric.labels.response_code = monitoring.regex.full_match("2..")', 5),
        (' AND resource.labels.service_name = "other"', 0),
    ],
)
def test_a_filter_selects_series(monitoring: Monitoring, extra: str, expected: int) -> None:
    """Every supported comparison selects exactly the samples it names."""
    monitoring.record([200, 200, 201, 500])
    monitoring.record([200, 200], revision=BAD)
    found = monitoring.query("request_count", "ALIGN_DELTA", "REDUCE_SUM", extra=extra)
    assert sum(point.value.int64_value for one in found for point in one.points) == expected


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "",
        'resource.type = "cloud_run_revision"',
        "metric.type = run.googleapis.com/request_count",
        'metric.type = "run.googleapis.com/request_count" AND',
        'metric.type = starts_with("run.googleapis.com/")',
        'metric.type = "run.googleapis.com/request_count" metric.type = "run.googleapis.com/request_count"',
        'metric.type = "run.googleapis.com/request_count" AND resource.type = "gce_instance"',
        'metric.type = "run.googleapis.com/request_count" AND metric.labels.state = "idle"',
        'metric.type = "run.googleapis.com/request_count" AND resource.labels.zone = "a"',
        'metric.type = "run.googleapis.com/request_count" AND resource.labels.location = one_of("a" "b")',
        'metric.type = "run.googleapis.com/request_count" metric.labels.route=has_substring()',
    ],
)
def test_a_bad_filter_is_an_invalid_argument(monitoring: Monitoring, text: str) -> None:
    """A filter that does not parse or names what the metric does not have is refused, never empty."""
    monitoring.record([200])
    with pytest.raises(exceptions.InvalidArgument):
        monitoring.query("request_count", filter=text)


def test_a_broken_regular_expression_is_an_invalid_argument(monitoring: Monitoring) -> None:
    """A pattern that does not compile is the caller's mistake, not the server's."""
    with pytest.raises(exceptions.InvalidArgument, match="regular expression"):
        monitoring.query("request_count", extra=' metric.labels.route = monitoring.regex.full_match("(")')


def test_disjunctions_are_not_emulated(monitoring: Monitoring) -> None:
    """A filter that only the real API understands answers UNIMPLEMENTED instead of a wrong number."""
    with pytest.raises(exceptions.MethodNotImplemented, match="not emulated"):
        monitoring.query("request_count", extra=' OR metric.labels.response_code = "500"')


@pytest.mark.parametrize(
    ("metric", "operations", "fields"),
    [
        ("container/instance_count", ["ALIGN_DELTA"], {}),
        ("container/instance_count", ["ALIGN_RATE"], {}),
        ("container/instance_count", ["ALIGN_PERCENTILE_95"], {}),
        ("request_latencies", ["ALIGN_RATE"], {}),
        ("request_latencies", ["ALIGN_MEAN"], {}),
        ("request_latencies", ["ALIGN_DELTA", "REDUCE_MAX"], {}),
        ("request_count", ["ALIGN_PERCENTILE_95"], {}),
        ("request_count", ["ALIGN_FRACTION_TRUE"], {}),
        ("request_count", ["REDUCE_SUM"], {}),
        ("request_count", ["ALIGN_DELTA"], {"period": 59}),
        ("request_count", ["ALIGN_DELTA"], {"period": 0}),
        ("request_count", ["ALIGN_DELTA", "REDUCE_SUM"], {"group_by": ["metric.labels.state"]}),
        ("request_count", [], {"order_by": "timestamp"}),
        ("request_count", [], {"page_size": -1}),
        ("request_count", [], {"page_token": "bm9uc2Vuc2U="}),
        ("request_count", [], {"name": "organizations/1"}),
        ("request_count", [], {"interval": {"end_time": {"seconds": int(NOW)}}}),
        ("request_count", [], {"interval": {"start_time": {"seconds": int(NOW)}}}),
        ("request_count", [], {"seconds": 0}),
    ],
)
def test_an_operation_that_does_not_fit_is_an_invalid_argument(
    monitoring: Monitoring, metric: str, operations: list[str], fields: dict[str, Any]
) -> None:
    """Aligners, reducers, periods, fields and intervals that the API refuses are refused, data or not."""
    with pytest.raises(exceptions.InvalidArgument):
        monitoring.query(metric, *operations, **fields)


@pytest.mark.parametrize(
    ("operations", "fields"),
    [
        (["ALIGN_STDDEV"], {}),
        (["ALIGN_DELTA"], {"secondary_aggregation": {"per_series_aligner": "ALIGN_MAX"}}),
    ],
)
def test_what_is_not_emulated_says_so(
    monitoring: Monitoring, operations: list[str], fields: dict[str, Any]
) -> None:
    """An aggregation that only the real API has answers UNIMPLEMENTED."""
    with pytest.raises(exceptions.MethodNotImplemented, match="not emulated"):
        monitoring.query("request_count", *operations, **fields)


def test_an_unknown_aligner_is_an_invalid_argument(monitoring: Monitoring) -> None:
    """A number that names no aligner is refused."""
    unknown = request("request_count", "ALIGN_DELTA")
    type(unknown).pb(unknown).aggregation.per_series_aligner = 99
    with pytest.raises(exceptions.InvalidArgument, match="perSeriesAligner"):
        monitoring.client.list_time_series(request=unknown)


def test_an_unknown_metric_is_not_found(monitoring: Monitoring) -> None:
    """A metric type that does not exist is an error, not an empty list."""
    with pytest.raises(exceptions.NotFound, match="request_counts"):
        monitoring.query("request_counts")


def test_another_project_is_denied(monitoring: Monitoring) -> None:
    """Another project's series are never answered with this one's."""
    with pytest.raises(exceptions.PermissionDenied):
        monitoring.query("request_count", name="projects/other")


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (["ALIGN_DELTA", "REDUCE_MEAN"], 5.0),
        (["ALIGN_DELTA", "REDUCE_PERCENTILE_50"], 5.0),
        (["ALIGN_DELTA", "REDUCE_MAX"], 8),
        (["ALIGN_DELTA", "REDUCE_MIN"], 2),
        (["ALIGN_DELTA", "REDUCE_COUNT"], 2),
        (["ALIGN_MAX", "REDUCE_SUM"], 10),
    ],
)
def test_reducers_combine_series(monitoring: Monitoring, operations: list[str], expected: float) -> None:
    """Each reducer combines the aligned values of two revisions as documented."""
    monitoring.record([200] * 2)
    monitoring.record([200] * 8, revision=BAD)
    value = only_value(monitoring.query("request_count", *operations))
    assert (value.int64_value or value.double_value) == expected


def test_pages_cover_all_points_once(monitoring: Monitoring) -> None:
    """The pager follows tokens, a page holds at most page_size points, and nothing is lost or doubled."""
    for minute in range(7):
        monitoring.record([200] * (minute + 1), ago=60 * minute + 30)
        monitoring.record([500], ago=60 * minute + 30)
    pages = list(
        monitoring.client.list_time_series(
            request=request("request_count", "ALIGN_DELTA", period=60, page_size=4)
        ).pages
    )
    sizes = [sum(len(one.points) for one in page.time_series) for page in pages]
    total = sum(point.value.int64_value for page in pages for one in page.time_series for point in one.points)
    assert sizes == [4, 4, 4, 2]
    assert total == 28 + 7


def test_a_token_of_another_query_is_refused(monitoring: Monitoring) -> None:
    """A page token goes with its own query alone."""
    monitoring.record([200, 500])
    page = next(iter(monitoring.client.list_time_series(request=request("request_count", page_size=1)).pages))
    with pytest.raises(exceptions.InvalidArgument, match="another query"):
        monitoring.query("request_latencies", page_size=1, page_token=page.next_page_token)


def test_headers_come_without_points(monitoring: Monitoring) -> None:
    """The view HEADERS names the series only."""
    monitoring.record([200, 500])
    found = monitoring.query("request_count", view="HEADERS")
    assert {one.metric.labels["response_code"] for one in found} == {"200", "500"}
    assert all(not one.points for one in found)


def test_the_async_client_reads_the_same(monitoring: Monitoring) -> None:
    """The asynchronous client of the library gets the same answer."""
    monitoring.record([200] * 4)

    async def ask() -> list[Any]:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{monitoring.port}") as channel:
            transport = monitoring_v3.MetricServiceAsyncClient.get_transport_class("grpc_asyncio")
            client = monitoring_v3.MetricServiceAsyncClient(transport=transport(channel=channel))
            found = await client.list_time_series(request=request("request_count", "ALIGN_DELTA"))
            return [one async for one in found]

    assert only_value(monitoring.loop.run(ask())).int64_value == 4


def test_other_methods_are_unimplemented(monitoring: Monitoring) -> None:
    """A method that is not emulated never pretends to have done something."""
    with pytest.raises(exceptions.MethodNotImplemented):
        monitoring.client.delete_metric_descriptor(
            name=f"projects/{PROJECT}/metricDescriptors/custom.googleapis.com/a"
        )


def test_a_day_of_samples_is_answered_from_buckets(monitoring: Monitoring) -> None:
    """Samples of a whole day are kept and merged into one distribution."""
    for at in range(int(NOW) - 86_400, int(NOW), 30):
        monitoring.store.record(
            RequestSample(at=at + 1, service=SERVICE, revision=GOOD, code=200, latency_ms=float(at % 97))
        )
    found = monitoring.query("request_latencies", "ALIGN_DELTA", "REDUCE_SUM", seconds=86_400)
    assert only_value(found).distribution_value.count == 2_880

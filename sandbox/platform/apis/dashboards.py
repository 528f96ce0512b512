"""Cloud Monitoring's dashboards, and the one that the platform has."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from google.cloud import monitoring_dashboard_v1

from sandbox import topology
from sandbox.platform.api_errors import Violation
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.fault_injection import taken_from
from sandbox.platform.monitoring.platform_metrics import ACTIVE_REQUESTS
from sandbox.platform.requests import require_project

OWN_METRIC: Final = ACTIVE_REQUESTS.type
_RUN: Final = 'resource.type = "cloud_run_revision" AND metric.type = "run.googleapis.com/{}"'
_NAME: Final = f"isectech-{topology.ENVIRONMENT}"


class Dashboards:
    """The calls of the API."""

    def __init__(self, project: str = topology.PROJECT) -> None:
        self._held = Collection(
            monitoring_dashboard_v1,
            "Dashboard",
            "dashboards",
            check=_flaws,
            require_parent=partial(require_project, project=project),
        )
        self._own = self._held.add(f"projects/{project}", _own_dashboard(), _NAME)

    def tables(self) -> dict[str, Methods]:
        return {"google.monitoring.dashboard.v1.DashboardsService": self._held.methods()}

    def offer(self, board: Disturbances) -> None:
        summary = "The platform's dashboard was deleted"
        board.offer("dashboard-gone", summary, ("MON-02",), taken_from(self._held, self._own))


def _flaws(dashboard: Any) -> list[Violation]:
    flaws = []
    if not dashboard.display_name:
        flaws.append(Violation("dashboard.display_name", "is required"))
    if not dashboard.WhichOneof("layout"):
        flaws.append(Violation("dashboard.layout", "is required"))
    return flaws


def _own_dashboard() -> Any:
    charts = (
        ("Requests", _RUN.format("request_count"), "ALIGN_RATE"),
        ("Latency", _RUN.format("request_latencies"), "ALIGN_PERCENTILE_95"),
        ("Instances", _RUN.format("container/instance_count"), "ALIGN_MEAN"),
        ("Requests in progress", f'resource.type = "global" AND metric.type = "{OWN_METRIC}"', "ALIGN_MEAN"),
    )
    widgets = [
        {
            "title": title,
            "xy_chart": {
                "data_sets": [
                    {
                        "time_series_query": {
                            "time_series_filter": {
                                "filter": text,
                                "aggregation": {
                                    "alignment_period": {"seconds": 60},
                                    "per_series_aligner": aligner,
                                },
                            }
                        }
                    }
                ]
            },
        }
        for title, text, aligner in charts
    ]
    return monitoring_dashboard_v1.Dashboard(
        display_name=_NAME, grid_layout={"columns": 2, "widgets": widgets}
    )

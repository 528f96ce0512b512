"""Cloud Monitoring's dashboards, and the one that the platform has."""

from __future__ import annotations

from typing import Any, Final

from google.cloud import monitoring_dashboard_v1

from sandbox import topology
from sandbox.platform.api_errors import Violation
from sandbox.platform.disturbances import Disturbance, Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.platform_metrics import ACTIVE_REQUESTS
from sandbox.platform.monitoring.project import require_parent

SERVICE: Final = "google.monitoring.dashboard.v1.DashboardsService"
OWN_METRIC: Final = ACTIVE_REQUESTS.type
_RUN: Final = 'resource.type = "cloud_run_revision" AND metric.type = "run.googleapis.com/{}"'
_NAME: Final = f"isectech-{topology.ENVIRONMENT}"


class Dashboards:
    """The calls of the API."""

    def __init__(self, project: str = topology.PROJECT) -> None:
        self._project = project
        self._held = Collection("dashboards", monitoring_dashboard_v1.Dashboard.pb(), _flaws)
        self._held.add(f"projects/{project}", monitoring_dashboard_v1.Dashboard.pb(_own()), _NAME)

    def tables(self) -> dict[str, Methods]:
        """Return the methods of the service."""
        api = monitoring_dashboard_v1
        return {
            SERVICE: {
                "ListDashboards": (api.ListDashboardsRequest.pb(), self.list_dashboards),
                "GetDashboard": (api.GetDashboardRequest.pb(), lambda r, _: self._held.get(r.name)),
                "CreateDashboard": (api.CreateDashboardRequest.pb(), self.create),
                "DeleteDashboard": (api.DeleteDashboardRequest.pb(), lambda r, _: self._held.delete(r.name)),
            }
        }

    def list_dashboards(self, request: Any, _caller: str) -> Any:
        """Return a page of the dashboards."""
        found, token, _ = self._held.page(require_parent(request.parent, self._project), request)
        return monitoring_dashboard_v1.ListDashboardsResponse.pb()(dashboards=found, next_page_token=token)

    def create(self, request: Any, _caller: str) -> Any:
        """Keep a new dashboard."""
        return self._held.add(require_parent(request.parent, self._project), request.dashboard)

    def offer(self, board: Disturbances) -> None:
        """Offer what can be wrong with dashboards."""
        name = f"projects/{self._project}/dashboards/{_NAME}"
        taken: list[Any] = []
        board.offer(
            Disturbance(
                name="dashboard-gone",
                summary="The platform's dashboard was deleted",
                criteria=("MON-02",),
                break_it=lambda: taken.append(self._held.take(name)),
                mend_it=lambda: self._held.put(taken.pop()),
            )
        )


def _flaws(dashboard: Any) -> list[Violation]:
    flaws = []
    if not dashboard.display_name:
        flaws.append(Violation("dashboard.display_name", "is required"))
    if not dashboard.WhichOneof("layout"):
        flaws.append(Violation("dashboard.layout", "is required"))
    return flaws


def _own() -> Any:
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

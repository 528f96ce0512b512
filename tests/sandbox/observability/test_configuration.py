"""Channels, uptime checks, objectives and dashboards as Google's own clients see them."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import monitoring_dashboard_v1, monitoring_v3

from tests.sandbox.observability.conftest import PARENT, SERVICE, Watch

DASHBOARD = f"{PARENT}/dashboards/isectech-sandbox"


@pytest.mark.parametrize(
    ("channel", "word"),
    [
        ({"type_": "telegram", "labels": {}}, "not known"),
        ({"type_": "pubsub", "labels": {"email_address": "a@b.test"}}, "topic"),
    ],
)
def test_bad_channels_are_refused(watch: Watch, channel: dict[str, Any], word: str) -> None:
    """A channel has a known type and the label that says where it leads."""
    client = watch.client(monitoring_v3.NotificationChannelServiceClient)
    with pytest.raises(exceptions.InvalidArgument, match=word):
        client.create_notification_channel(
            name=PARENT, notification_channel=monitoring_v3.NotificationChannel(channel)
        )


def test_public_hosts_are_watched(watch: Watch) -> None:
    """Both public hosts have a check over HTTPS; a check with a period of its own invention is refused."""
    client = watch.client(monitoring_v3.UptimeCheckServiceClient)
    found = list(client.list_uptime_check_configs(parent=PARENT))
    assert {one.monitored_resource.labels["host"] for one in found} == {
        "app.isectech.test",
        "api.isectech.test",
    }
    assert all(one.http_check.use_ssl and one.http_check.validate_ssl for one in found)
    odd = monitoring_v3.UptimeCheckConfig(found[0])
    odd.period = {"seconds": 17}
    with pytest.raises(exceptions.InvalidArgument, match="period"):
        client.create_uptime_check_config(parent=PARENT, uptime_check_config=odd)


def test_each_service_promises_three_things(watch: Watch) -> None:
    """Availability, latency and errors of a service are objectives; an impossible goal is refused."""
    client = watch.client(monitoring_v3.ServiceMonitoringServiceClient)
    services = [one.name for one in client.list_services(parent=PARENT)]
    assert len(services) == 9
    found = list(client.list_service_level_objectives(parent=f"{PARENT}/services/{SERVICE}"))
    assert {one.user_labels["criterion"]: one.goal for one in found} == {
        "sli-avail": 0.999,
        "sli-latency": 0.95,
        "sli-errors": 0.999,
    }
    changed = monitoring_v3.ServiceLevelObjective(found[0])
    changed.goal = 1.0
    with pytest.raises(exceptions.InvalidArgument, match="goal"):
        client.update_service_level_objective(service_level_objective=changed)
    with pytest.raises(exceptions.NotFound):
        list(client.list_service_level_objectives(parent=f"{PARENT}/services/nothing"))


def test_the_dashboard_is_there_until_it_is_gone(watch: Watch) -> None:
    """The platform's dashboard shows four charts; the disturbance removes it and brings it back."""
    client = watch.client(monitoring_dashboard_v1.DashboardsServiceClient)
    assert len(client.get_dashboard(name=DASHBOARD).grid_layout.widgets) == 4
    watch.board.set("dashboard-gone", in_force=True)
    with pytest.raises(exceptions.NotFound):
        client.get_dashboard(name=DASHBOARD)
    watch.board.set("dashboard-gone", in_force=False)
    assert [one.name for one in client.list_dashboards(parent=PARENT)] == [DASHBOARD]
    with pytest.raises(exceptions.InvalidArgument, match="layout"):
        client.create_dashboard(parent=PARENT, dashboard={"display_name": "empty"})


def test_unlisted_methods_are_not_emulated(watch: Watch) -> None:
    """What the sandbox does not do says so."""
    client = watch.client(monitoring_v3.NotificationChannelServiceClient)
    with pytest.raises(exceptions.MethodNotImplemented):
        list(client.list_notification_channel_descriptors(name=PARENT))


@pytest.mark.parametrize(
    "name",
    ["policy-missing", "policy-drifted", "uptime-check-missing", "objective-drifted"],
)
def test_what_was_broken_is_mended(watch: Watch, name: str) -> None:
    """A disturbance changes something that the clients see, and takes it back completely."""

    def seen() -> list[str]:
        policies = watch.client(monitoring_v3.AlertPolicyServiceClient).list_alert_policies(name=PARENT)
        checks = watch.client(monitoring_v3.UptimeCheckServiceClient).list_uptime_check_configs(parent=PARENT)
        objectives = watch.client(monitoring_v3.ServiceMonitoringServiceClient)
        promised = objectives.list_service_level_objectives(
            parent=f"{PARENT}/services/isectech-auth-service-sandbox"
        )
        return sorted([repr(one) for found in (policies, checks, promised) for one in found])

    before = seen()
    watch.board.set(name, in_force=True)
    assert seen() != before
    watch.board.set(name, in_force=False)
    assert seen() == before

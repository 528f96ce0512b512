"""SEC-06: whoever is outside reaches the public services, and nobody else.

The policy of outgoing traffic is attested: the platform's API does not say what a firewall lets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from journeys.client import client

EVERYBODY = ("allUsers", "allAuthenticatedUsers")
_CLOSED = run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY
_READ_S = 15.0


def _name(target: Target, service: str) -> str:
    place = f"projects/{target.project}/locations/{target.region}"
    return f"{place}/services/{target.service_name.format(service=service)}"


def _demand_closed(target: Target, service: ServiceTarget, google: Callable[[type[Any]], Any]) -> None:
    """Demand that neither ingress nor invocation is open to everybody."""
    services, name = google(run_v2.ServicesClient), _name(target, service.name)
    ingress = services.get_service(name=name, timeout=_READ_S).ingress
    demand(ingress == _CLOSED, f"its ingress is {ingress.name}, wanted {_CLOSED.name}", blames=service.name)
    asked = iam_policy_pb2.GetIamPolicyRequest(resource=name)
    policy = services.get_iam_policy(request=asked, timeout=_READ_S)
    granted = [member for binding in policy.bindings for member in binding.members if member in EVERYBODY]
    demand(not granted, f"may be invoked by {', '.join(granted)}", blames=service.name)


@pytest.mark.criterion("SEC-06")
def test_ingress_is_restricted(
    service: ServiceTarget, target: Target, google: Callable[[type[Any]], Any]
) -> None:
    """A service without a public host is closed to the outside; the public door does not lead to it."""
    public = dict(target.public_urls)
    demand(public, "the environment names no public host", blames=service.name)
    if service.name in public:
        host = urlsplit(public[service.name]).hostname
        with client(target, service.name, base_url=public[service.name]) as door:
            status = door.get("/healthz").status_code
        demand(status == httpx.codes.OK, f"{host} answers {status} to the outside", blames=service.name)
        return
    _demand_closed(target, service, google)
    hidden = urlsplit(service.base_url).netloc
    for url in public.values():
        with client(target, service.name, base_url=url) as door:
            answer = door.get("/healthz", headers={"Host": hidden})
        message = f"answers {answer.status_code} to the outside when {url} is asked for {hidden}"
        demand(answer.status_code != httpx.codes.OK, message, blames=service.name)

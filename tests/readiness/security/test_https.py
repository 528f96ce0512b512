"""SEC-07: nobody stays on plain HTTP (RFC 6797; ASVS 12.2.1)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.client import client

PERMANENT = (301, 308)
PAGE = "/login?next=%2Fassets"


@pytest.mark.criterion("SEC-07")
def test_plain_http_is_redirected(service: ServiceTarget, target: Target) -> None:
    """A plain request is sent to the same page over HTTPS for good, and gets no cookie."""
    name, url = service.name, target.public_url(service.name)
    plain = url.replace("https://", "http://", 1)
    with client(target, name, base_url=plain) as door:
        answer = expect(door.get(PAGE), *PERMANENT, blames=name)
        posted = expect(door.post(PAGE, json={}), 308, blames=name)
    for one in (answer, posted):
        leads_to = one.headers.get("location", "nowhere")
        demand(leads_to == f"{url}{PAGE}", f"a plain request is sent to {leads_to}", blames=name)
        demand("set-cookie" not in one.headers, "sets a cookie over plain HTTP", blames=name)


@pytest.mark.criterion("SEC-07")
def test_strict_transport(service: ServiceTarget, target: Target) -> None:
    """An answer over HTTPS tells the browser to stay there for long, for all hosts below too."""
    name, url = service.name, target.public_url(service.name)
    with client(target, name, base_url=url) as door:
        header = door.get("/healthz").headers.get("strict-transport-security", "")
    host = urlsplit(url).hostname
    age = re.search(r"(?:^|;)\s*max-age=\"?(\d+)", header, re.IGNORECASE)
    demand(age, f"{host} sends no Strict-Transport-Security", blames=name)
    seconds = int(age.group(1)) if age else 0
    shortest = target.demand("SEC-07").limit("strictTransportSeconds")
    message = f"{host} is strict for {seconds} s, wanted {shortest:.0f} s or more"
    demand(seconds >= shortest, message, blames=name)
    demand("includesubdomains" in header.lower(), f"{host} is not strict for hosts below it", blames=name)

"""INF-06: each public host proves its name, for long enough, and speaks no TLS that is broken.

TLS 1.0 and 1.1 must not be used (RFC 8996); 1.2 and 1.3 must be offered (RFC 9325, 3.1.1).
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.readiness.infrastructure.doors import address_of, host_of, shake_hands

OFFERED = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
BROKEN = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
_OURS = ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "UNSUPPORTED_PROTOCOL")
"""Refusals of this side: they say nothing about the host."""
_DAY_S = 86_400


def _speaking(target: Target, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Return a context that speaks one version alone; a broken one with the ciphers that it needs."""
    context = ssl.create_default_context(cafile=target.ca_file)
    if version in BROKEN:
        context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the broken versions are asked for on purpose
        context.minimum_version = context.maximum_version = version
    return context


def _demand_refusal(target: Target, service: str, version: ssl.TLSVersion) -> None:
    host = host_of(target, service)
    try:
        shake_hands(address_of(target, host), host, _speaking(target, version))
    except ssl.SSLError as error:
        if error.reason in _OURS:
            raise  # nobody has asked the host
    except ConnectionError:
        return
    else:
        demand(None, f"{host} still speaks {version.name}", blames=service)


@pytest.mark.criterion("INF-06")
def test_certificate_is_valid(service: ServiceTarget, target: Target, measure: Callable[..., None]) -> None:
    """The chain leads to a trusted authority, the name is covered, and the days that are left are counted."""
    name, host = service.name, host_of(target, service.name)
    shown = b""
    for version in OFFERED:
        try:
            shown, _ = shake_hands(address_of(target, host), host, _speaking(target, version))
        except ssl.SSLError as error:
            demand(None, f"{host} has no good certificate by {version.name}: {error}", blames=name)
    certificate = x509.load_der_x509_certificate(shown)
    for version in BROKEN:
        _demand_refusal(target, name, version)
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    measure(left.total_seconds() / _DAY_S, unit="days")

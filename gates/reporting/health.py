"""What services say of themselves, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gates.model.health import Circuit, ServiceHealth
from gates.model.platform import Environment
from gates.reporting.layout import Line, Row, short_revision

Circuits = tuple[Circuit, ...] | str
"""The circuits of a service, or why it does not say."""


def health_lines(found: Sequence[ServiceHealth], environment: Environment) -> list[Line]:
    """Return one line for each service, why circuits were not asked for, and how many are well."""
    width = max(len(one.service) for one in found)
    rows = [
        Row(
            f"{_state(one):4} {one.service:{width}}  ",
            _said(one, environment.cloud_run_name(one.service)),
        )
        for one in found
    ]
    reasons = dict.fromkeys(one.unasked for one in found if one.unasked)
    well = sum(one.is_well for one in found)
    return [
        *rows,
        *(f"circuits not asked for: {why}" for why in reasons),
        f"{well} of {len(found)} services are well",
    ]


def _state(health: ServiceHealth) -> str:
    if health.is_well:
        return "ok"
    return "????" if health.is_unhurt else "BAD"


def _said(health: ServiceHealth, cloud_name: str) -> str:
    closed = sum(circuit.is_closed for circuit in health.circuits)
    circuits = f"{closed}/{len(health.circuits)} circuits closed"
    runs = f"{short_revision(health.revision, cloud_name) or '-'} {health.version}".rstrip()
    parts = (runs, "circuits unknown" if health.unasked else circuits, health.trouble)
    return ", ".join(filter(None, parts))


def health_document(found: Sequence[ServiceHealth]) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "services": [
            {
                "service": one.service,
                "is_well": one.is_well,
                "is_alive": one.is_alive,
                "is_ready": one.is_ready,
                "revision": one.revision,
                "version": one.version,
                "trouble": one.trouble,
                "circuits_unknown_because": one.unasked,
                "circuits": _circuits(one.circuits),
            }
            for one in found
        ]
    }


def circuit_lines(found: Mapping[str, Circuits]) -> list[Line]:
    """Return one line for each circuit breaker, or for a service that has none or does not say."""
    return [line for service, circuits in found.items() for line in _circuit_lines(service, circuits)]


def _circuit_lines(service: str, found: Circuits) -> list[Line]:
    if isinstance(found, str):
        return [Row(f"BAD  {service}: ", found)]
    return [
        Row(
            f"{'ok ' if one.is_closed else 'BAD'}  {service} → {one.name}: ",
            f"{one.state}, {one.failures} failures, opened {one.opened} times",
        )
        for one in found
    ] or [f"ok   {service}: calls no other service"]


def circuit_document(found: Mapping[str, Circuits]) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "services": [
            {"service": service, "trouble": said, "circuits": []}
            if isinstance(said, str)
            else {"service": service, "trouble": "", "circuits": _circuits(said)}
            for service, said in found.items()
        ]
    }


def _circuits(found: Sequence[Circuit]) -> list[dict[str, Any]]:
    return [
        {"to": one.name, "state": one.state, "failures": one.failures, "opened": one.opened} for one in found
    ]

"""`platform.yaml` and `policy.yaml`: what the platform is made of, and what a failure leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from gates.adapters.documents.document_parts import document, entries, keys
from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.yaml_source import Location, Plain, Source
from gates.model.criterion import Priority, Severity
from gates.model.likeness import meant
from gates.model.platform import MatrixRow, Platform, Policy
from gates.model.service_contract import BYTE, RANDOM, CircuitBreakers, DataProbe, SignIn

PLATFORM = document("Platform", keys(Platform, without=("name", "digest", "policy", "matrix")))
POLICY = document("Policy", {**keys(Policy), "decision_matrix": entries(MatrixRow)})


def declared(source: Source) -> dict[str, tuple[str, ...]]:
    """Return the services, tiers and roles that a platform's text declares, however wrong the rest."""
    spec = source.value.get("spec") if isinstance(source.value, dict) else None
    lists = spec if isinstance(spec, dict) else {}
    return {kind: tuple(_names(lists.get(f"{kind}s"))) for kind in ("service", "tier", "role")}


def _names(entries: Plain) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(name, str):
            yield name


def platform_flaws(source: Source, spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a circle of dependencies, and what of the service contract lacks another part."""
    try:
        TopologicalSorter({service.name: service.depends_on for service in spec["services"]}).prepare()
    except CycleError as error:
        circle = f"a circle of dependencies: {' -> '.join(reversed(error.args[1]))}"
        yield source.problem(("spec", "services"), circle)
    yield from _contract_flaws(source, spec.get("circuits"), spec.get("data_probe"), spec.get("sign_in"))


def _contract_flaws(
    source: Source, circuits: CircuitBreakers | None, probe: DataProbe | None, sign_in: SignIn | None
) -> Iterator[Problem]:
    """Yield what needs a sign-in, a probe of nothing, and names in braces that have no value."""
    needs = {
        ("circuits", "fallback"): circuits is not None and circuits.fallback is not None,
        ("dataProbe", "session"): probe is not None and probe.session,
    }
    for (key, inner), is_there in needs.items():
        if is_there and sign_in is None:
            yield source.problem(("spec", key, inner), f"{key}: {inner} needs the key 'signIn'", of_key=True)
    if probe is None:
        return
    if not probe.records and not probe.session:
        yield source.problem(("spec", "dataProbe"), "a data probe writes records or a session", of_key=True)
    written = [RANDOM, BYTE]
    for index, record in enumerate(probe.records):
        place: Location = ("spec", "dataProbe", "records", index)
        for name in sorted(record.fields() - set(written)):
            cause = f"'{{{name}}}' is neither {RANDOM} nor {BYTE} nor a service of an earlier record"
            yield source.problem((*place, "document"), cause + meant(name, written), of_key=True)
        if record.service in written:
            yield source.problem((*place, "service"), f"'{record.service}' has an earlier record")
        written.append(record.service)


def policy_flaws(source: Source, spec: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what a policy leaves open: a severity or a priority without a row, steps out of order."""
    ruled = {row.priority for row in spec["decision_matrix"]}
    for priority in Priority:
        if priority not in ruled:
            yield source.problem(("spec", "decisionMatrix"), f"no row for {priority}", of_key=True)
    for severity in Severity:
        if severity not in dict(spec["severity_priorities"]):
            yield source.problem(("spec", "severityPriorities"), f"no priority for '{severity}'", of_key=True)
    starts = [step.after for step in spec["escalation"]]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        yield source.problem(("spec", "escalation"), "steps are in the order of their time", of_key=True)


def platform_value(name: str, spec: Mapping[str, Any], policy: Mapping[str, Any], digest: str) -> Platform:
    """Return the platform that the two documents describe."""
    rest = {field: value for field, value in policy.items() if field != "decision_matrix"}
    return Platform(name=name, **spec, matrix=policy["decision_matrix"], policy=Policy(**rest), digest=digest)

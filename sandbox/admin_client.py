"""Commands that talk to a running sandbox through its admin API: `deploy` and `status`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc.aio
import httpx
from google.cloud import run_v2

from sandbox import topology
from sandbox.errors import SandboxError
from sandbox.platform import disturbances
from sandbox.platform.deployment import Deployed, Deployer, Rollout, short
from sandbox.platform.state_dir import read_endpoints

DISTURBANCES = ("DISTURBANCE", "IN FORCE", "CRITERIA", "SUMMARY")
HEADER = ("SERVICE", "REVISION", "TRAFFIC", "TAG", "READY", "INSTANCES", "IMAGE")
_TIMEOUT_S = 10.0


async def deploy(state_dir: Path, service: topology.SandboxService, rollout: Rollout) -> Deployed:
    """Deploy to the sandbox of a state directory and return the new revision.

    Raises:
        SandboxError: no sandbox runs there, or the deployment failed.
    """
    endpoints = read_endpoints(state_dir)
    place = {name: endpoints[name] for name in ("project", "region", "environment")}
    deployer = Deployer(endpoints["admin_grpc"], **place)
    try:
        return await deployer.deploy(service, rollout)
    finally:
        await deployer.close()


async def status(state_dir: Path) -> list[tuple[str, ...]]:
    """Rows under `HEADER`: every revision that serves, is tagged or runs, by service.

    Raises:
        SandboxError: no sandbox runs there.
    """
    endpoints = read_endpoints(state_dir)
    parent = f"projects/{endpoints['project']}/locations/{endpoints['region']}"
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT_S) as rest,
        grpc.aio.insecure_channel(endpoints["admin_grpc"]) as channel,
    ):
        services_transport = run_v2.ServicesAsyncClient.get_transport_class("grpc_asyncio")(channel=channel)
        revisions_transport = run_v2.RevisionsAsyncClient.get_transport_class("grpc_asyncio")(channel=channel)
        services = run_v2.ServicesAsyncClient(transport=services_transport)
        revisions = run_v2.RevisionsAsyncClient(transport=revisions_transport)
        instances = (await rest.get(f"{endpoints['admin_rest']}/sandbox/instances")).raise_for_status().json()
        found = [service async for service in await services.list_services(parent=parent)]
        listed = await asyncio.gather(*(_revisions_of(revisions, service) for service in found))
    rows = [rows_of(service, its, instances) for service, its in zip(found, listed, strict=True)]
    return [row for service_rows in rows for row in service_rows]


def disturb(state_dir: Path, name: str, *, in_force: bool) -> list[tuple[str, ...]]:
    """Break or mend something of the platform, or nothing when no name is given; rows under `DISTURBANCES`.

    Raises:
        SandboxError: no sandbox runs there, or it offers no such disturbance.
    """
    url = read_endpoints(state_dir)["admin_rest"] + disturbances.PATH
    if name:
        answer = httpx.request("PUT" if in_force else "DELETE", f"{url}/{name}", timeout=_TIMEOUT_S)
    else:
        answer = httpx.get(url, timeout=_TIMEOUT_S)
    if answer.is_error:
        raise SandboxError(answer.text)
    return [
        (str(one["name"]), "yes" if one["inForce"] else "no", " ".join(one["criteria"]), str(one["summary"]))
        for one in answer.json()
    ]


async def _revisions_of(
    client: run_v2.RevisionsAsyncClient, service: run_v2.Service
) -> list[run_v2.Revision]:
    return [revision async for revision in await client.list_revisions(parent=service.name)]


def rows_of(
    service: run_v2.Service, revisions: Iterable[run_v2.Revision], instances: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for revision in sorted(revisions, key=lambda one: one.create_time, reverse=True):
        name = short(revision.name)
        targets = [target for target in service.traffic_statuses if _revision_of(target, service) == name]
        running = instances.get(name, {}).get("instances", 0)
        if targets or running or revision.name == service.latest_created_revision:
            rows.append(
                (
                    short(service.name),
                    name,
                    f"{sum(target.percent for target in targets)}%",
                    ",".join(target.tag for target in targets if target.tag) or "-",
                    _readiness(revision),
                    str(running),
                    revision.containers[0].image,
                )
            )
    return rows


def _revision_of(target: run_v2.TrafficTargetStatus, service: run_v2.Service) -> str:
    return short(target.revision or service.latest_ready_revision)


def _readiness(revision: run_v2.Revision) -> str:
    ready = next((condition for condition in revision.conditions if condition.type_ == "Ready"), None)
    return run_v2.Condition.State(ready.state).name.removeprefix("CONDITION_").lower() if ready else "unknown"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (header, *rows)
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"

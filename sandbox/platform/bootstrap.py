"""Composes a sandbox: control plane, data plane, DNS, Monitoring, and nine services deployed on them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import dns.name
from starlette.applications import Starlette

from sandbox import topology
from sandbox.kit import seed
from sandbox.kit.settings import Settings
from sandbox.platform import infrastructure_faults
from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.server import RunningControlPlane, serve, serve_rest
from sandbox.platform.apis import catalogue, sql
from sandbox.platform.apis.context import ApisContext
from sandbox.platform.apis.security_watch import SecurityWatch
from sandbox.platform.capacity_limit import CapacityLimit
from sandbox.platform.certificates import Authority
from sandbox.platform.contract import KnobBoard, RequestSample, RevisionSpec
from sandbox.platform.data_plane import LocalDataPlane
from sandbox.platform.deployment import Deployer, Rollout
from sandbox.platform.disturbances import Disturbances, disturbance_routes
from sandbox.platform.dns import serve_dns
from sandbox.platform.environment import InstanceContext
from sandbox.platform.front_door import INSIDE, OUTSIDE, open_front_door
from sandbox.platform.grpc_methods import Methods, serve_grpc
from sandbox.platform.identity.accounts import ServiceAccounts
from sandbox.platform.identity.credentials_api import CredentialsApi
from sandbox.platform.identity.federation import Federation
from sandbox.platform.identity.google_tokens import GoogleTokens
from sandbox.platform.identity.invoker_check import InvokerCheck
from sandbox.platform.identity.metadata_server import MetadataServer
from sandbox.platform.infrastructure_faults import InfrastructureContext
from sandbox.platform.instance import InstanceLauncher
from sandbox.platform.monitoring import fault_injection
from sandbox.platform.monitoring.hardware import Hardware
from sandbox.platform.monitoring.store import InstanceReading
from sandbox.platform.monitoring.suite import MonitoringSuite
from sandbox.platform.monitoring.uptime_checks import Prober
from sandbox.platform.options import Options, Ports
from sandbox.platform.permissions import refusing
from sandbox.platform.router import Router
from sandbox.platform.router_table import RoutingTable
from sandbox.platform.sandbox_routes import certificate_routes, instance_routes
from sandbox.platform.scanner import Scanner
from sandbox.platform.signers import write_signers
from sandbox.platform.spawner import Spawner
from sandbox.platform.state_dir import write_private

_GATEWAY = next(one.cloud_run_name for one in topology.SERVICES if one.name == "api-gateway")
VERSION = "1.0.0"
"""Version of the services that a new sandbox deploys."""


class Sandbox:
    """The parts of a sandbox while it is being put together."""

    def __init__(self, options: Options, folder: Path, stack: contextlib.AsyncExitStack) -> None:
        self._options = options
        self._folder = folder
        self._stack = stack
        self._knobs = KnobBoard(options.knobs)
        self._disturbances = Disturbances()
        place = {"project": topology.PROJECT, "region": topology.REGION}
        self._apis = ApisContext(self._knobs, folder, **place)
        self._monitoring = MonitoringSuite(self._knobs, self._apis.pubsub.post, **place)
        self._infrastructure = _infrastructure(options)
        self._fleets = self._infrastructure.fleets
        self._watch = SecurityWatch(self._apis.logs)
        self._tokens, self._accounts = GoogleTokens(), ServiceAccounts(topology.PROJECT)
        self._invokers = InvokerCheck(
            self._tokens,
            lambda: self._knobs.current.invoker_check,
            asks_mesh=options.knobs.invoker_check,
        )

    def record(self, sample: RequestSample) -> None:
        self._monitoring.store.record(sample)
        self._apis.logs.record(sample)

    async def open(self, spawner: Spawner) -> dict[str, object]:
        """Open every listener, deploy the services, and return the endpoints.

        Raises:
            DeploymentError: a service could not be deployed.
            OSError: a wanted port is taken.
        """
        ports, folder = self._options.ports, self._folder
        door = await self._stack.enter_async_context(self._front_door())
        instances = InstanceContext(
            state_dir=folder,
            mesh_url=f"http://{OUTSIDE}:{door.mesh}",
            metadata_host=await self._metadata_host() if self._invokers.asks_mesh else "",
        )
        self._infrastructure.authority.write(folder / "ca.pem")
        _write_identities(folder / "identities.json", instances)
        write_signers(folder)
        admin = await self._open_admin(await self._open_data_plane(spawner, instances))
        monitoring = await self._serve(self._monitoring.tables(), ports.monitoring)
        first, second = await self._name_server(), await self._name_server(is_second=True)
        tables = catalogue.tables(self._disturbances, self._apis, admin.control)
        apis = await self._serve(tables, ports.apis)
        self._offer_faults(admin.control)
        await self._deploy_all(admin)
        await self._keep_working(door.https)
        return {
            "admin_grpc": f"{OUTSIDE}:{admin.grpc_port}",
            "admin_rest": f"http://{OUTSIDE}:{admin.rest_port}",
            "monitoring_grpc": f"{OUTSIDE}:{monitoring}",
            "apis_grpc": f"{OUTSIDE}:{apis}",
            "sql_admin": f"http://{OUTSIDE}:{admin.rest_port}",
            "metadata": f"{OUTSIDE}:{admin.rest_port}",
            "iam_credentials": f"http://{OUTSIDE}:{admin.rest_port}",
            "dns": f"{OUTSIDE}:{first}",
            "resolvers": [f"{OUTSIDE}:{second}"],
            "https_port": door.https,
            "http_port": door.http,
            "mesh": instances.mesh_url,
            "ca_file": str(folder / "ca.pem"),
            "identities_file": str(folder / "identities.json"),
            "signers_file": str(folder / "allowed_signers"),
            "standing_folder": str(folder / "standing"),
            "environment": topology.ENVIRONMENT,
            "project": topology.PROJECT,
            "region": topology.REGION,
            "metrics_delay_s": self._knobs.current.metrics_delay_s,
            "pid": os.getpid(),
        }

    def _front_door(self) -> contextlib.AbstractAsyncContextManager[Ports]:
        context = self._infrastructure
        limit = CapacityLimit(_GATEWAY, lambda: self._knobs.current.gateway_per_s)
        return open_front_door(
            Router(context.table, self._fleets, self, limit, self._invokers),
            context.table,
            context.tls,
            self._options.ports,
            distance=lambda: self._knobs.current.distance_s,
        )

    async def _open_data_plane(self, spawner: Spawner, instances: InstanceContext) -> LocalDataPlane:
        scanner = Scanner(self._folder / "scans")
        scanner.offer(self._disturbances)

        def environment_of(spec: RevisionSpec) -> dict[str, str]:
            scanner.scan(spec)
            return instances.of(spec)

        launcher = InstanceLauncher(
            spawner=spawner,
            environment_of=environment_of,
            logs=instances.logs_dir,
            delay_start=lambda: self._knobs.wait(self._knobs.current.extra_cold_start_s),
        )
        plane = LocalDataPlane(
            launcher, self._infrastructure.table, self._fleets, deleted=self._apis.deleted_images
        )
        return await self._stack.enter_async_context(plane)

    async def _open_admin(self, data_plane: LocalDataPlane) -> RunningControlPlane:
        control = ControlPlane(
            data_plane, self._knobs, topology.PROJECT, topology.REGION, domain=topology.RUN_DOMAIN
        )
        control.state.read_secret = self._apis.vault.read
        self._invokers.rules_of = control.policies.rules_of
        admin = await serve(
            control,
            grpc_port=self._options.ports.admin_grpc,
            rest_port=self._options.ports.admin_rest,
            extra_routes=[
                *instance_routes(self._fleets),
                *certificate_routes(self._infrastructure),
                *disturbance_routes(self._disturbances),
                *catalogue.routes(self._apis),
                *CredentialsApi(topology.PROJECT, self._accounts, self._tokens).routes(),
                *MetadataServer(self._accounts.machine, self._tokens).routes(),
                *Federation(topology.PROJECT, self._tokens).routes(),
            ],
        )
        self._stack.push_async_callback(admin.close)
        return admin

    async def _metadata_host(self) -> str:
        """Open the metadata server of the services and return its address."""
        routes = MetadataServer(self._accounts.runtime, self._tokens).routes()
        server = await serve_rest(Starlette(routes=routes))
        self._stack.push_async_callback(server.close)
        return f"{OUTSIDE}:{server.port}"

    async def _serve(self, tables: Mapping[str, Methods], port: int) -> int:
        server = await serve_grpc(tables, port=port, refuse=refusing(self._knobs))
        self._stack.push_async_callback(server.close)
        return server.port

    async def _name_server(self, *, is_second: bool = False) -> int:
        """Open a name server on its wanted port; the second one does not know every name."""
        unknown = self._infrastructure.unknown_names if is_second else frozenset[dns.name.Name]()
        server = await serve_dns(port=0 if is_second else self._options.ports.dns, unknown=unknown)
        self._stack.push_async_callback(server.close)
        return server.port

    def _offer_faults(self, control: ControlPlane) -> None:
        fault_injection.offer(self._disturbances, self._monitoring)
        self._watch.offer(self._disturbances)
        infrastructure_faults.offer(self._disturbances, self._infrastructure, control.state)

    async def _keep_working(self, https_port: int) -> None:
        """Do what goes on in the background until the end; one task that breaks ends the sandbox."""
        store = self._monitoring.store
        hardware = Hardware(
            store=store,
            read_instances=self._read_instances,
            data_dir=self._folder / "data",
            database=f"{topology.PROJECT}:{sql.INSTANCE}",
            port=https_port,
        )
        hardware.offer(self._disturbances)
        trust = self._infrastructure.authority.trusting()
        prober = Prober(self._monitoring.uptime, store, port=https_port, trust=trust)
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        for work in (
            self._apis.backups.keep_taking(),
            self._watch.keep_watching(),
            hardware.keep_measuring(),
            *self._monitoring.work(prober, self._read_instances),
        ):
            self._stack.callback(group.create_task(work).cancel)

    def _read_instances(self) -> Iterator[InstanceReading]:
        for name, fleet in self._fleets.items():
            active = fleet.busy
            yield InstanceReading(
                service=fleet.spec.service,
                revision=name,
                active=active,
                idle=fleet.size - active,
                pids=fleet.pids,
            )

    async def _deploy_all(self, admin: RunningControlPlane) -> None:
        address = f"{OUTSIDE}:{admin.grpc_port}"
        deployer = Deployer(address, project=topology.PROJECT, region=topology.REGION)
        try:
            async with asyncio.TaskGroup() as group:
                for service in topology.SERVICES:
                    image = self._options.images.get(service.name, f"sandbox/{service.name}:{VERSION}")
                    group.create_task(deployer.deploy(service, Rollout(image=image)))
        finally:
            await deployer.close()
        for service in topology.SERVICES:
            member = "allUsers" if service.public_host else f"serviceAccount:{self._accounts.runtime}"
            admin.control.policies.let_invoke(service.cloud_run_name, member)


def _infrastructure(options: Options) -> InfrastructureContext:
    """Return the routes and certificates of a sandbox that has no service yet."""
    inside = f"{topology.REGION}.{topology.RUN_DOMAIN}"
    public = {one.public_host: one.cloud_run_name for one in topology.SERVICES if one.public_host}
    names = [f"*.{topology.PUBLIC_DOMAIN}", f"*.{inside}", "localhost", OUTSIDE, INSIDE]
    authority = Authority(names)
    tls = authority.context()
    authority.show(options.leaf, tls)
    table = RoutingTable(inside, public)
    return InfrastructureContext(table=table, authority=authority, tls=tls, shown=options.leaf)


@contextlib.asynccontextmanager
async def running(options: Options, folder: Path, spawner: Spawner) -> AsyncIterator[dict[str, object]]:
    """Run a sandbox in a claimed state directory; yields its endpoints once all services are ready.

    Raises:
        ExceptionGroup: one or more services could not be deployed (DeploymentError).
        OSError: a wanted port is taken.
    """
    async with contextlib.AsyncExitStack() as stack:
        yield await Sandbox(options, folder, stack).open(spawner)


def _write_identities(path: Path, instances: InstanceContext) -> None:
    settings = Settings.from_mapping(instances.shared, service="auth-service")
    write_private(path, json.dumps(seed.identities(settings), indent=1).encode())

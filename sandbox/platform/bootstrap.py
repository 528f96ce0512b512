"""Composes a sandbox: control plane, data plane, DNS, Monitoring, and nine services deployed on them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import dns.name

from sandbox import topology
from sandbox.kit import seed
from sandbox.kit.settings import Settings
from sandbox.platform import infrastructure_faults
from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.server import RunningControlPlane, serve
from sandbox.platform.apis import catalogue, secrets, sql
from sandbox.platform.apis.context import ApisContext
from sandbox.platform.apis.images import Repository
from sandbox.platform.apis.logs import Logs
from sandbox.platform.apis.projects import Project
from sandbox.platform.apis.pubsub import PubSub
from sandbox.platform.apis.security_watch import SecurityWatch
from sandbox.platform.apis.server import serve_apis
from sandbox.platform.apis.sql_backups import Backups
from sandbox.platform.capacity_limit import CapacityLimit
from sandbox.platform.certificates import Authority
from sandbox.platform.contract import KnobBoard, RequestSample, RevisionSpec
from sandbox.platform.data_plane import LocalDataPlane
from sandbox.platform.deployment import Deployer, Rollout
from sandbox.platform.disturbances import Disturbances, disturbance_routes
from sandbox.platform.dns import serve_dns
from sandbox.platform.environment import InstanceContext
from sandbox.platform.front_door import INSIDE, OUTSIDE, open_front_door
from sandbox.platform.instance import InstanceLauncher
from sandbox.platform.instances import Fleet
from sandbox.platform.monitoring import fault_injection
from sandbox.platform.monitoring.hardware import Hardware, Process
from sandbox.platform.monitoring.server import serve_monitoring
from sandbox.platform.monitoring.store import InstanceReading, SampleStore
from sandbox.platform.monitoring.suite import MonitoringSuite
from sandbox.platform.monitoring.uptime_checks import Prober
from sandbox.platform.options import Options, Ports
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
        """Take the options, the claimed state directory, and the stack that closes what is opened here."""
        self._options = options
        self._folder = folder
        self._stack = stack
        self._board = KnobBoard(options.knobs)
        self._disturbances = Disturbances()
        self._vault = secrets.seeded(topology.PROJECT)
        self._repository = Repository()
        self._project = Project()
        self._backups = Backups(folder / "data", folder / "backups", self._board)
        self._store = SampleStore(project=topology.PROJECT, region=topology.REGION)
        self._logs = Logs(project=topology.PROJECT, region=topology.REGION)
        self._pubsub = PubSub(topology.PROJECT)
        self._suite = MonitoringSuite(self._store, self._board, self._pubsub.post)
        fault_injection.offer(self._disturbances, self._suite)
        self._watch = SecurityWatch(self._logs)
        self._watch.offer(self._disturbances)
        self._table = RoutingTable(
            f"{topology.REGION}.{topology.RUN_DOMAIN}",
            {one.public_host: one.cloud_run_name for one in topology.SERVICES if one.public_host},
        )
        self._fleets: dict[str, Fleet] = {}
        self._unknown_names: set[dns.name.Name] = set()
        self._authority = Authority(
            [
                f"*.{topology.PUBLIC_DOMAIN}",
                f"*.{topology.REGION}.{topology.RUN_DOMAIN}",
                "localhost",
                OUTSIDE,
                INSIDE,
            ]
        )
        self._context: ssl.SSLContext = self._authority.context()
        self._authority.show(options.leaf, self._context)

    def record(self, sample: RequestSample) -> None:
        """Give a request that the router saw to Monitoring and to the logs."""
        self._store.record(sample)
        self._logs.record(sample)

    async def open(self, spawner: Spawner) -> dict[str, object]:
        """Open every listener, deploy the services, and return the endpoints.

        Raises:
            DeploymentError: a service could not be deployed.
            OSError: a wanted port is taken.
        """
        folder = self._folder
        door = await self._open_front_door()
        instances = InstanceContext(state_dir=folder, mesh_url=f"http://{OUTSIDE}:{door.mesh}")
        self._authority.write(folder / "ca.pem")
        _write_identities(folder / "identities.json", instances)
        write_signers(folder)
        admin = await self._open_admin(await self._open_data_plane(spawner, instances))
        monitoring_port, dns_ports = await self._open_signals()
        apis_port = await self._open_apis(admin.control)
        self._offer_infrastructure(admin.control)
        await self._deploy_all(admin)
        hardware = self._hardware(door.https)
        await self._keep_doing(
            self._backups.keep_taking(), self._watch.keep_watching(), hardware.keep_measuring()
        )
        prober = Prober(self._suite.uptime, self._store, port=door.https, trust=self._authority.trusting())
        await self._stack.enter_async_context(self._suite.watching(prober, self._readings))
        return {
            "admin_grpc": f"{OUTSIDE}:{admin.grpc_port}",
            "admin_rest": f"http://{OUTSIDE}:{admin.rest_port}",
            "monitoring_grpc": f"{OUTSIDE}:{monitoring_port}",
            "apis_grpc": f"{OUTSIDE}:{apis_port}",
            "sql_admin": f"http://{OUTSIDE}:{admin.rest_port}",
            "dns": f"{OUTSIDE}:{dns_ports[0]}",
            "resolvers": [f"{OUTSIDE}:{dns_ports[1]}"],
            "https_port": door.https,
            "http_port": door.http,
            "mesh": instances.mesh_url,
            "ca_file": str(folder / "ca.pem"),
            "identities_file": str(folder / "identities.json"),
            "signers_file": str(folder / "allowed_signers"),
            "standing_folder": str(folder / "standing"),
            "project": topology.PROJECT,
            "region": topology.REGION,
            "metrics_delay_s": self._board.current.metrics_delay_s,
            "pid": os.getpid(),
        }

    async def _open_front_door(self) -> Ports:
        capacity_limit = CapacityLimit(_GATEWAY, lambda: self._board.current.gateway_per_s)
        door = open_front_door(
            Router(self._table, self._fleets, self, capacity_limit),
            self._table,
            self._context,
            self._options.ports,
            distance=lambda: self._board.current.distance_s,
        )
        return await self._stack.enter_async_context(door)

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
            delay_start=lambda: self._board.wait(self._board.current.extra_cold_start_s),
        )
        plane = LocalDataPlane(launcher, self._table, self._fleets, deleted=self._repository.deleted)
        return await self._stack.enter_async_context(plane)

    async def _open_admin(self, data_plane: LocalDataPlane) -> RunningControlPlane:
        control = ControlPlane(
            data_plane,
            self._board,
            topology.PROJECT,
            topology.REGION,
            domain=topology.RUN_DOMAIN,
        )
        control.state.read_secret = self._vault.read
        admin = await serve(
            control,
            grpc_port=self._options.ports.admin_grpc,
            rest_port=self._options.ports.admin_rest,
            extra_routes=[
                *instance_routes(self._fleets),
                *certificate_routes(self._authority, self._context, self._options.leaf),
                *disturbance_routes(self._disturbances),
                *catalogue.routes(self._disturbances, self._apis_context(control)),
            ],
        )
        self._stack.push_async_callback(admin.close)
        return admin

    async def _open_signals(self) -> tuple[int, tuple[int, int]]:
        monitoring = await serve_monitoring(
            self._store,
            lambda: self._board.current,
            port=self._options.ports.monitoring,
            instances=self._readings,
        )
        monitoring.answer_also(self._suite.tables())
        self._stack.push_async_callback(monitoring.close)
        first = await serve_dns(port=self._options.ports.dns)
        self._stack.push_async_callback(first.close)
        second = await serve_dns(unknown=self._unknown_names)
        self._stack.push_async_callback(second.close)
        return monitoring.port, (first.port, second.port)

    def _offer_infrastructure(self, control: ControlPlane) -> None:
        parts = infrastructure_faults.InfrastructureContext(
            state=control.state,
            fleets=self._fleets,
            table=self._table,
            authority=self._authority,
            context=self._context,
            shown=self._options.leaf,
            unknown_names=self._unknown_names,
        )
        infrastructure_faults.offer(self._disturbances, parts)

    def _apis_context(self, control: ControlPlane) -> ApisContext:
        return ApisContext(
            control=control,
            vault=self._vault,
            repository=self._repository,
            project=self._project,
            backups=self._backups,
            logs=self._logs,
            pubsub=self._pubsub,
        )

    async def _open_apis(self, control: ControlPlane) -> int:
        tables = catalogue.tables(self._disturbances, self._apis_context(control))
        apis = await serve_apis(tables, port=self._options.ports.apis)
        self._stack.push_async_callback(apis.close)
        return apis.port

    def _hardware(self, port: int) -> Hardware:
        hardware = Hardware(
            store=self._store,
            region=topology.REGION,
            processes=self._processes,
            data_dir=self._folder / "data",
            database=f"{topology.PROJECT}:{sql.INSTANCE}",
            port=port,
        )
        hardware.offer(self._disturbances)
        return hardware

    def _processes(self) -> Iterator[Process]:
        for name, fleet in self._fleets.items():
            for pid in fleet.pids:
                yield Process(service=fleet.spec.service, revision=name, pid=pid)

    async def _keep_doing(self, *works: Coroutine[Any, Any, None]) -> None:
        """Do something in the background until the end; what breaks there ends the sandbox."""
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        for work in works:
            self._stack.callback(group.create_task(work).cancel)

    def _readings(self) -> Iterator[InstanceReading]:
        for name, fleet in self._fleets.items():
            active = fleet.busy
            yield InstanceReading(
                service=fleet.spec.service, revision=name, active=active, idle=fleet.size - active
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
    settings = Settings.from_mapping(
        {
            "DATA_DIR": str(instances.data_dir),
            "MESH_URL": instances.mesh_url,
            "PUBLIC_HOSTS": json.dumps(topology.public_hosts()),
            "SERVICE_HOST_TEMPLATE": topology.HOST_TEMPLATE,
            "ENVIRONMENT": topology.ENVIRONMENT,
            "PROJECT": topology.PROJECT,
        },
        service="auth-service",
    )
    write_private(path, json.dumps(seed.identities(settings), indent=1).encode())

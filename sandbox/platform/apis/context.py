"""What the APIs beside Cloud Run stand on: the same services, images, secrets and databases."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox import topology
from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.apis.images import Repository
from sandbox.platform.apis.logs import Logs
from sandbox.platform.apis.projects import Project
from sandbox.platform.apis.pubsub import PubSub
from sandbox.platform.apis.secrets import Vault
from sandbox.platform.apis.sql_backups import Backups


@dataclass(frozen=True, slots=True, kw_only=True)
class ApisContext:
    """The parts of a sandbox that several APIs show."""

    control: ControlPlane
    vault: Vault
    repository: Repository
    project: Project
    backups: Backups
    logs: Logs = field(default_factory=lambda: Logs(project=topology.PROJECT, region=topology.REGION))
    pubsub: PubSub = field(default_factory=PubSub)

"""What Google's APIs beside Cloud Run show: the same images, secrets, databases and logs."""

from __future__ import annotations

from pathlib import Path

from sandbox.platform.apis import secrets
from sandbox.platform.apis.logs import Logs
from sandbox.platform.apis.projects import Project
from sandbox.platform.apis.pubsub import PubSub
from sandbox.platform.apis.sql_backups import Backups
from sandbox.platform.contract import KnobBoard


class ApisContext:
    """The parts of one sandbox that several APIs show."""

    def __init__(self, knobs: KnobBoard, folder: Path, *, project: str, region: str) -> None:
        self.vault = secrets.seeded(project)
        self.deleted_images: set[str] = set()
        """Digests from which nothing can be started any more; the data plane looks here."""
        self.project = Project(project, knobs)
        self.knobs = knobs
        self.backups = Backups(folder / "data", folder / "backups", knobs)
        self.logs = Logs(project=project, region=region)
        self.pubsub = PubSub(project)

"""What the incidents of an environment need of the world."""

from __future__ import annotations

from gates.adapters.ledger.incident_ledger import IncidentLedger
from gates.adapters.machine.clock import SystemClock
from gates.adapters.machine.settings import ledger_path, platform_folder, reports_folder
from gates.adapters.machine.writable import writing
from gates.composition.environment import Context
from gates.model.incident import Incident
from gates.reporting.incident import drafts
from gates.workflows.incident import IncidentWorkflow, Sender


def incidents(context: Context) -> IncidentWorkflow:
    """Return the workflow of the incidents of an environment."""
    clock = SystemClock()

    def sender() -> Sender:
        from gates.adapters.notifications.channel_sender import ChannelSender

        references = dict(context.environment.notifications)
        return ChannelSender(context.platform.channels, references, clock)

    return IncidentWorkflow(
        env=context.environment_name,
        platform=context.platform,
        environment=lambda: context.environment,
        ledger=IncidentLedger(ledger_path(), context.environment_name),
        sender=sender,
        now=clock.now,
    )


def write_drafts(incident: Incident) -> list[str]:
    """Write the drafts for those outside, and return where."""
    sources = sorted((platform_folder() / "templates").glob("*.md"))
    templates = {path.name: path.read_text(encoding="utf-8") for path in sources}
    folder = reports_folder() / "incidents" / incident.id
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in drafts(incident, templates).items():
            (folder / name).write_text(text, encoding="utf-8")
    return [str(folder / name) for name in templates]

"""`gate rollback status`: what each service serves, what is pinned, and what is unfinished."""

from __future__ import annotations

import click

from gates.cli.command import CommandContext, looks
from gates.cli.reports import Report, reporting
from gates.composition.rollbacks import rollback_engine
from gates.model.exit_code import ExitCode
from gates.reporting.rollback import status_document, status_lines
from gates.workflows.planned_rollback import unfinished as unfinished_procedure


@click.command()
@looks
@reporting
def status(command: CommandContext) -> Report:
    """Show what each service serves, and which are pinned."""
    context = command.context
    engine = rollback_engine(context)
    pins, begun = engine.pins(), unfinished_procedure(context.ledger, context.environment.name)
    unfinished = [one for one in engine.unfinished() if begun is None or one.run_id != begun.run_id]
    in_maintenance = [pin.service for pin in pins if pin.is_in_maintenance]
    why = command.operations.maintenance.why(in_maintenance[0]) if in_maintenance else ""
    return Report(
        code=ExitCode.ACTION_FAILED if any(pin.trouble for pin in pins) else ExitCode.GO,
        lines=status_lines(pins, unfinished, begun, context.environment, why=why),
        document=status_document(pins, unfinished, begun),
    )

"""`gate approvals`: whose attestations a stage waits for, and whose signatures a go-live."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import wiring
from gates.cli import signing
from gates.cli.options import environment_option, stage_option
from gates.decision.approval import Question
from gates.decision.approval import approvals as approvals_of
from gates.model.criterion import Stage
from gates.model.evidence import Evidence
from gates.model.exit_code import ExitCode


@click.command()
@environment_option
@stage_option
@signing.run_option
def approvals(env: str, stage: str, run_folder: Path | None) -> ExitCode:
    """Show what people have attested for a stage and what is still missing; with --run its approvals too."""
    house = wiring.House(env)
    demanded = [c for c in house.catalogue.at(Stage(stage)) if c.attested_by is not None]
    bundle = house.statements.evidence(demanded, signing.release_meant(house, run_folder))
    latest: dict[str, Evidence] = {item.criterion: item for item in bundle.items}
    is_open = bool(bundle.flaws)
    for criterion in demanded:
        item = latest.get(criterion.id)
        holds = item is not None and item.measurement is not None and item.measurement.value == 0
        is_open = is_open or not holds
        said = item.reason if item is not None else f"waits for the {criterion.attested_by}"
        click.echo(f"{'ok  ' if holds else 'OPEN'}  {criterion.id:10}  {said}")
    for flaw in bundle.flaws:
        click.echo(f"FLAW  {flaw}")
    if run_folder is not None:
        is_open = _tell_approvals(house, run_folder) or is_open
    return ExitCode.INCONCLUSIVE if is_open else ExitCode.GO


def _tell_approvals(house: wiring.House, run_folder: Path) -> bool:
    """Show who approved the run; return whether somebody is missing."""
    opened = wiring.open_run_folder(run_folder)
    question = Question(
        run_id=opened.run_id,
        digest=opened.evidence_digest(),
        environment=house.environment.name,
        roles=house.platform.policy.approvals,
        now=datetime.now(UTC),
    )
    found = approvals_of(house.statements.folder.read(), question)
    for role, person in found.given:
        click.echo(f"ok    go-live     {person} ({role}) approved")
    for role, why in found.missing:
        click.echo(f"OPEN  go-live     {role}: {why}")
    return not found.is_complete

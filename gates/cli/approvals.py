"""`gate approvals`: what a stage waits for from people, its waivers, and the signatures of a go-live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import wiring
from gates.cli import signing
from gates.cli.options import environment_option, stage_option
from gates.decision.approval import Question
from gates.decision.approval import approvals as approvals_of
from gates.evidence.attestation import is_attested
from gates.model.criterion import Criterion, Stage
from gates.model.evidence import Evidence, EvidenceBundle
from gates.model.exit_code import ExitCode
from gates.model.judgement import Waiver
from gates.model.release import Release
from gates.reporting.phrasing import waived_by

_SIGNED = "--by NAME --reason TEXT --key FILE"


@click.command()
@environment_option
@stage_option
@signing.run_option
def approvals(env: str, stage: str, run_folder: Path | None) -> ExitCode:
    """Show what people have attested for a stage and what is still missing; with --run its approvals too.

    Exit code 10: somebody is missing.
    """
    house = wiring.House(env)
    demanded = [c for c in house.catalogue.at(Stage(stage)) if c.attested_by is not None]
    release = signing.release_meant(house, run_folder)
    bundle = house.statements.evidence(demanded, release)
    missing = _show_attestations(demanded, bundle)
    _show_waivers(house, Stage(stage), release)
    for flaw in bundle.flaws:
        click.echo(f"FLAW  {flaw}")
    _show_commands(env, missing, run_folder)
    is_unsigned = run_folder is not None and _show_approvals(house, run_folder)
    return ExitCode.INCONCLUSIVE if missing or bundle.flaws or is_unsigned else ExitCode.GO


def _show_attestations(demanded: Sequence[Criterion], bundle: EvidenceBundle) -> list[Criterion]:
    """Show each attestation; return the criteria whose role has not said yet that they hold."""
    latest: dict[str, Evidence] = {item.criterion: item for item in bundle.items}
    missing = [criterion for criterion in demanded if not is_attested(criterion, bundle)]
    for criterion in demanded:
        item = latest.get(criterion.id)
        said = item.reason if item is not None else f"waits for the {criterion.attested_by}"
        click.echo(f"{'OPEN' if criterion in missing else 'ok  '}  {criterion.id:10}  {said}")
    return missing


def _show_waivers(house: wiring.House, stage: Stage, release: Release) -> None:
    """Show each exception that holds now, who approved it, and when it ends."""
    now = datetime.now(UTC)
    known = {criterion.id for criterion in house.catalogue.at(stage)}
    for waiver in house.statements.waivers(release, now):
        if waiver.criterion in known:
            click.echo(f"WAIVED {waiver.criterion:10} {_waiver(waiver)}")


def _waiver(waiver: Waiver) -> str:
    where = f" for {waiver.service}" if waiver.service else ""
    return f"{waived_by(waiver)}{where}: {waiver.reason}"


def _show_commands(env: str, missing: Sequence[Criterion], run_folder: Path | None) -> None:
    """Show one command for each role that is waited for."""
    run = f" --run {run_folder}" if run_folder is not None else ""
    for role in dict.fromkeys(criterion.attested_by for criterion in missing):
        ids = " ".join(criterion.id for criterion in missing if criterion.attested_by == role)
        click.echo(f"answer with: gate attest {ids} --env {env}{run} --role {role} {_SIGNED}")


def _show_approvals(house: wiring.House, run_folder: Path) -> bool:
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
        command = f"gate sign {run_folder} --env {house.environment.name} --role {role} {_SIGNED}"
        click.echo(f"OPEN  go-live     {role}: {why}; sign with: {command}")
    return not found.is_complete

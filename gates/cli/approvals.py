"""`gate approvals`: what a stage waits for from people, its waivers, and the signatures of a go-live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli import signing
from gates.cli.options import environment_option, stage_option
from gates.cli.reports import Report, reporting
from gates.composition import golive as golive_parts
from gates.evidence.attestation import is_attested
from gates.model.criterion import Criterion, Stage
from gates.model.evidence import Evidence, EvidenceBundle
from gates.model.exit_code import ExitCode
from gates.model.judgement import Waiver
from gates.model.release import Release
from gates.reporting.layout import Line, Row, Verbatim
from gates.reporting.phrasing import waived_by

_SIGNED = "--by NAME --reason TEXT --key FILE"


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing that somebody signs: `ok`, `OPEN` or `WAIVED`, what it is about, and what is said of it."""

    state: str
    name: str
    said: str
    command: str = ""


@click.command()
@environment_option
@stage_option
@signing.run_option
@reporting
def approvals(env: str, stage: str, run_folder: Path | None) -> Report:
    """Show what people have attested for a stage and what is still missing; with --run its approvals too.

    Exit code 10: an attestation or a signature is missing.
    """
    context = composition.Context(env)
    demanded = [c for c in context.catalogue.at(Stage(stage)) if c.attested_by is not None]
    release = signing.release_meant(context, run_folder)
    bundle = context.statements.evidence(demanded, release)
    missing = [criterion for criterion in demanded if not is_attested(criterion, bundle)]
    commands = list(_commands(env, missing, run_folder))
    items = [*_attestations(demanded, missing, bundle), *_waivers(context, Stage(stage), release)]
    signatures, is_signed = ([], True) if run_folder is None else _approvals(context, run_folder)
    waits = bool(missing or bundle.flaws or not is_signed)
    return Report(
        code=ExitCode.INCONCLUSIVE if waits else ExitCode.GO,
        lines=[
            *map(_line, items),
            *(Row("FLAW  ", flaw) for flaw in bundle.flaws),
            *(Verbatim(f"answer with: {command}") for command in commands),
            *(line for one in signatures for line in (_line(one), *_answer(one))),
            *([] if waits else [_nothing_waits(stage, len(demanded))]),
        ],
        document={
            "environment": env,
            "stage": stage,
            "items": [asdict(one) for one in (*items, *signatures)],
            "flaws": list(bundle.flaws),
            "commands": commands,
        },
    )


def _nothing_waits(stage: str, attestations: int) -> str:
    why = f"{attestations} of {attestations} attestations are given" if attestations else "it demands none"
    return f"nothing waits for a person at stage {stage}: {why}"


def _line(item: _Item) -> Line:
    return Row(f"{item.state:4}  {item.name:10}  ", item.said)


def _answer(item: _Item) -> list[Line]:
    return [Verbatim(f"sign with: {item.command}")] if item.command else []


def _attestations(
    demanded: Sequence[Criterion], missing: Sequence[Criterion], bundle: EvidenceBundle
) -> Iterator[_Item]:
    """Yield each attestation that is demanded."""
    latest: dict[str, Evidence] = {item.criterion: item for item in bundle.items}
    for criterion in demanded:
        item = latest.get(criterion.id)
        said = item.reason if item is not None else f"waits for the {criterion.attested_by}"
        yield _Item("OPEN" if criterion in missing else "ok", criterion.id, said)


def _waivers(context: composition.Context, stage: Stage, release: Release) -> Iterator[_Item]:
    """Yield each exception that holds now, who approved it, and when it ends."""
    known = {criterion.id for criterion in context.catalogue.at(stage)}
    for waiver in context.statements.waivers(release, datetime.now(UTC)):
        if waiver.criterion in known:
            yield _Item("WAIVED", waiver.criterion, _waiver(waiver))


def _waiver(waiver: Waiver) -> str:
    where = f" for {waiver.service}" if waiver.service else ""
    return f"{waived_by(waiver)}{where}: {waiver.reason}"


def _commands(env: str, missing: Sequence[Criterion], run_folder: Path | None) -> Iterator[str]:
    """Yield one command for each role that is waited for."""
    run = f" --run {run_folder}" if run_folder is not None else ""
    for role in dict.fromkeys(criterion.attested_by for criterion in missing):
        ids = " ".join(criterion.id for criterion in missing if criterion.attested_by == role)
        yield f"gate attest {ids} --env {env}{run} --role {role} {_SIGNED}"


def _approvals(context: composition.Context, run_folder: Path) -> tuple[list[_Item], bool]:
    """Return who approved the run and who is missing; and whether everybody did."""
    found = golive_parts.approvals_of(context, composition.open_run_folder(run_folder))
    items = [_Item("ok", "go-live", f"{person} ({role}) approved") for role, person in found.given]
    for role, why in found.missing:
        command = f"gate sign {run_folder} --env {context.environment.name} --role {role} {_SIGNED}"
        items.append(_Item("OPEN", "go-live", f"{role}: {why}", command))
    return items, found.is_complete

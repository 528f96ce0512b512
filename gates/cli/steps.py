"""`gate collect | judge | report`: the steps of a run one at a time, from and to its folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import wiring
from gates.cli.options import environment_option, format_option, stage_option
from gates.cli.progress import listener
from gates.cli.run import duration, revisions_named
from gates.decision.ending import exit_code
from gates.errors import UsageError
from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.pipeline import Request
from gates.reporting.terminal import terminal

_folder = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command()
@environment_option
@stage_option
@click.option("--release", "release_id", default=None, help="Label of the release.")
@click.option("--revision", "revisions", multiple=True, metavar="SERVICE=REVISION", help="Repeatable.")
@click.option("--only", multiple=True, metavar="ID", help="Only this criterion. Repeatable.")
@click.option("--deadline", default="15m", show_default=True, help="Longest time to look: 90s, 15m, 1h.")
@format_option
def collect(**options: object) -> ExitCode:
    """Look at a release and write the evidence to a new run folder; judge nothing."""
    run_id = str(options["release_id"] or datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3])
    house, folder = wiring.House(str(options["env"])), wiring.run_folder(run_id)
    keeper = wiring.keeper(folder)
    only = options["only"]
    request = Request(
        stage=Stage(str(options["stage"])),
        run_id=run_id,
        wanted=revisions_named(options["revisions"]),
        only=tuple(str(name) for name in only) if isinstance(only, tuple) else (),
    )
    with listener(str(options["format"] or ""), house.platform) as progress:
        seconds = duration(str(options["deadline"]))
        gate = house.gate(folder, announce=wiring.all_of(keeper, progress), seconds=seconds)
        criteria, views = gate.demand(request), gate.views()
        bundle = gate.look(request, criteria, gate.find(request, views).release, views)
    for flaw in bundle.flaws:
        click.echo(f"flaw: {flaw}", err=True)
    click.echo(f"{len(bundle.items)} pieces of evidence written to {folder.path}")
    return ExitCode.GO if bundle.items else ExitCode.NOTHING_EVALUATED


@click.command()
@_folder
@environment_option
@format_option
def judge(folder: Path, env: str, **options: object) -> ExitCode:
    """Judge the evidence of a run FOLDER; an earlier verdict is replayed at its own moment and compared."""
    opened = wiring.open_run_folder(folder)
    setup, bundle = opened.read_setup(), opened.read_evidence()
    is_replay = (opened.path / "verdict.json").exists()
    at = opened.read_verdict()[1].judged_at if is_replay else datetime.now(UTC)
    keeper = wiring.keeper(opened)
    gate = wiring.House(env).gate(opened, announce=keeper, seconds=0)
    if setup.release.environment != env:
        raise UsageError(f"the run is about {setup.release.environment}", next_step="name that with --env")
    request = Request(stage=setup.scope.stage, run_id=opened.run_id, only=setup.only)
    verdict = gate.judge(request, bundle, setup.release, at=at)
    if options["format"] == "json":
        click.echo((opened.path / "verdict.json").read_text(encoding="utf-8"), nl=False)
    elif keeper.document is not None:
        click.echo(terminal(keeper.document))
        click.echo("the earlier verdict was replayed: the same, byte for byte" if is_replay else "")
    undecided = Decision(kind=DecisionKind.HOLD, because=("judged only",))
    return exit_code(verdict, undecided, (), was_to_act=False)


@click.command()
@_folder
def report(folder: Path) -> ExitCode:
    """Write everything that is derived from the verdict of a run FOLDER again."""
    opened = wiring.open_run_folder(folder)
    document, _ = opened.read_verdict()
    wiring.write_reports(opened, document, opened.read_decision(), opened.read_receipts())
    built = wiring.allure_page(opened)
    if built.problem:
        click.echo(f"gate: the Allure page is missing: {built.problem}", err=True)
    click.echo(f"written to {opened.path}")
    return ExitCode.GO

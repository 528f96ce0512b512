"""`gate bench`: measure the gate on releases whose truth is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.adapters.runs.bench_results import BenchFolder
from gates.cli.options import RunName, environment_option, format_option
from gates.errors import UsageError
from gates.judgement.detection import summarise
from gates.model.bench import Arm, BenchResult
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.record import checked_name
from gates.reporting.bench import line_of, summary
from gates.workflows.bench import refuse_where_people_work

_SHARD = re.compile(r"([1-9]\d{0,2})/([1-9]\d{0,2})")


@click.command()
@environment_option
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with another bench.yaml, for example of another team's known-bad revisions.",
)
@click.option("--only", multiple=True, metavar="ARM", help="Only arms whose id starts with this. Repeatable.")
@click.option(
    "--shard", default="1/1", show_default=True, metavar="I/N", help="Every N-th arm, from the I-th."
)
@click.option("--quick", is_flag=True, help="Look at the criteria that an arm names and their area alone.")
@click.option(
    "--into",
    type=RunName(),
    default=None,
    help="Name of the results; an interrupted benchmark of it is continued.",
)
@format_option
def bench(**options: object) -> ExitCode:
    """Deploy known-bad, benign and good releases one by one, run the gate on each, and count."""
    context = composition.Context(str(options["env"]))
    refuse_where_people_work(context.environment)
    arms = _chosen(context, options)
    name = str(options["into"] or f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    folder = BenchFolder(composition.reports_folder() / checked_name(name))
    is_json = options["output"] == "json"
    with composition.bench(context, folder.path, is_quick=bool(options["quick"])) as measured:
        for result in measured.run(arms, folder.is_done):
            folder.keep(result)
            click.echo(line_of(result), err=is_json)
    concluded = folder.conclude(summarise(folder.results(arms)))
    if is_json:
        click.echo((folder.path / "bench.json").read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(summary(concluded))
        click.echo(f"written to {folder.path}")
    return _exit_code(concluded)


def _exit_code(result: BenchResult) -> ExitCode:
    if not result.results:
        return ExitCode.NOTHING_EVALUATED
    return ExitCode.GO if all(one.is_as_expected for one in result.results) else ExitCode.NO_GO


def _chosen(context: composition.Context, options: dict[str, object]) -> tuple[Arm, ...]:
    only, folder = options["only"], options["folder"]
    wanted = tuple(str(name) for name in only) if isinstance(only, tuple) else ()
    arms = composition.bench_arms(
        context, folder if isinstance(folder, Path) else composition.platform_folder()
    )
    unknown = [name for name in wanted if not any(arm.id.startswith(name) for arm in arms)]
    refuse_unknown("arm", unknown, [arm.id for arm in arms], next_step="see bench.yaml")
    match = _SHARD.fullmatch(str(options["shard"]))
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"--shard {options['shard']}", next_step="write I/N, for example 2/3")
    named = [arm for arm in arms if not wanted or arm.id.startswith(wanted)]
    return tuple(named[int(match[1]) - 1 :: int(match[2])])

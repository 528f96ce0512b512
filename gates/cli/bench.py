"""`gate bench`: measure the gate on releases whose truth is known."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.adapters.producers.request_count import requests_until
from gates.adapters.runs.bench_results import BenchFolder
from gates.cli.options import RunName, environment_option, format_option
from gates.composition import runs
from gates.errors import ConfigurationError, UsageError
from gates.judgement.detection import summarise
from gates.model.bench import Arm, BenchResult
from gates.model.criterion import Stage
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.platform import Impact
from gates.model.record import checked_name
from gates.model.request import Request
from gates.model.verdict import Verdict
from gates.reporting.bench import line_of, summary
from gates.workflows.bench import Trial

_LONGEST_S = 900.0
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
    _refuse_where_people_work(context)
    arms = _chosen(context, options)
    name = str(options["into"] or f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    folder = BenchFolder(composition.reports_folder() / checked_name(name))
    runs = GateRuns(str(options["env"]), folder.path)
    is_json = options["output"] == "json"
    _introduce(context, runs)
    with composition.bench(context, runs, is_quick=bool(options["quick"])) as measured:
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


def _introduce(context: composition.Context, runs: GateRuns) -> None:
    """Let the test identities be accepted once by what serves: else a refusal says nothing of a release."""
    if context.environment.identities and not context.known_credentials.accepted():
        run_id = f"introduction.{datetime.now(UTC):%Y%m%d-%H%M%S%f}"
        runs.verdict(
            Trial(run_id=run_id, stage=Stage.IMMEDIATE, only=("AUT-LOGIN",), wanted={}, variables={})
        )


def _refuse_where_people_work(context: composition.Context) -> None:
    place = context.environment
    if place.is_protected or Impact.DISRUPTIVE not in place.allowed_impacts:
        raise ConfigurationError(
            f"a benchmark deploys broken revisions, and {place.name} does not allow that",
            next_step="name an environment that is not protected and allows the impact disruptive",
        )


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


@dataclass(frozen=True, slots=True)
class GateRuns:
    """Runs the gate in this process, each run in a folder of its own below the benchmark's."""

    environment: str
    folder: Path

    def verdict(self, trial: Trial) -> Verdict:
        """Take the release through the gate."""
        with _variables(trial.variables):
            context = composition.Context(self.environment)
            begun = runs.beginning(context, _LONGEST_S, self.folder)(trial.run_id)
            request = Request(stage=trial.stage, run_id=trial.run_id, wanted=trial.wanted, only=trial.only)
            try:
                return begun.gate.run(request).verdict
            finally:
                context.cloud.close()

    def requests_until(self, run_id: str, moment: datetime) -> int | None:
        """Return how many requests that run had sent by a moment."""
        return requests_until(self.folder / run_id / "producers.jsonl", moment)


@contextmanager
def _variables(given: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the block, its child processes included."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

"""`gate bench`: measure the gate on releases whose truth is known."""

from __future__ import annotations

import re
from pathlib import Path

import click

from gates import composition
from gates.cli.options import RunName, format_option, in_context
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.reporting.bench import line_of, summary
from gates.workflows.bench import refuse_where_people_work

_SHARD = re.compile(r"([1-9]\d{0,2})/([1-9]\d{0,2})")


class Shard(click.ParamType[slice]):
    """A part of a list: every N-th, from the I-th."""

    name = "I/N"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> slice:
        """Return the part.

        Raises:
            UsageError: there is no such part.
        """
        match = _SHARD.fullmatch(str(value))
        if match is None or int(match[1]) > int(match[2]):
            raise UsageError(f"--shard {value}", next_step="write I/N, for example 2/3")
        return slice(int(match[1]) - 1, None, int(match[2]))


@click.command()
@in_context
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with another bench.yaml, for example of another team's known-bad revisions.",
)
@click.option("--only", multiple=True, metavar="ARM", help="Only arms whose id starts with this. Repeatable.")
@click.option(
    "--shard", type=Shard(), default="1/1", show_default=True, help="Every N-th arm, from the I-th."
)
@click.option(
    "--quick", "is_quick", is_flag=True, help="Look at the criteria that an arm names and their area alone."
)
@click.option(
    "--into", type=RunName(), help="Name of the results; an interrupted benchmark of it is continued."
)
@format_option
def bench(
    context: composition.Context,
    folder: Path | None,
    only: tuple[str, ...],
    shard: slice,
    into: str | None,
    output: str | None,
    *,
    is_quick: bool,
) -> ExitCode:
    """Deploy known-bad, benign and good releases one by one, run the gate on each, and count."""
    refuse_where_people_work(context.environment)
    arms = composition.bench_arms(context, folder)
    unknown = [name for name in only if not any(arm.id.startswith(name) for arm in arms)]
    refuse_unknown("arm", unknown, [arm.id for arm in arms], next_step="see bench.yaml")
    arms = tuple(arm for arm in arms if not only or arm.id.startswith(only))[shard]
    results, is_json = composition.bench_folder(into), output == "json"
    with composition.bench(context, results.path, is_quick=is_quick) as measured:
        for result in measured.run(arms, results.is_done):
            results.keep(result)
            click.echo(line_of(result), err=is_json)
    concluded = results.conclude(arms)
    if is_json:
        click.echo((results.path / "bench.json").read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(f"{summary(concluded)}\nwritten to {results.path}")
    if not concluded.results:
        return ExitCode.NOTHING_EVALUATED
    return ExitCode.GO if all(one.is_as_expected for one in concluded.results) else ExitCode.NO_GO

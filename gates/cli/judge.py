"""`gate judge FOLDER`: judge a run's evidence; replay its verdict; or judge it again after people signed."""

from __future__ import annotations

from pathlib import Path

import click

from gates import composition
from gates.cli.options import RUN_FOLDER, format_option, in_context
from gates.cli.run import print_verdict
from gates.composition import runs
from gates.decision.ending import exit_code
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.release import refuse_other_place
from gates.reporting.terminal import terminal

_UNDECIDED = Decision(kind=DecisionKind.HOLD, because=("judged only",))


@click.command()
@in_context
@click.argument("folder", type=RUN_FOLDER)
@click.option(
    "--again",
    "is_again",
    is_flag=True,
    help="Judge now, with what people have signed since, into a folder beside it: FOLDER-judged-2.",
)
@format_option
def judge(context: composition.Context, folder: Path, output: str | None, *, is_again: bool) -> ExitCode:
    """Judge the evidence of a run FOLDER; an earlier verdict is replayed at its own moment and compared.

    With --again nothing is looked at anew: evidence that has become too old counts no longer.
    """
    refuse_other_place(context.open_run_folder(folder).read_setup().release, context.environment_name)
    if is_again:
        kept = runs.judge_again(context, folder)
        print_verdict(kept, output=output)
        return exit_code(kept.record.verdict, kept.record.decision, (), was_to_act=False)
    verdict, report, was_judged = runs.replay(context, folder)
    if output == "json":
        click.echo((folder / "verdict.json").read_text(encoding="utf-8"), nl=False)
    else:
        click.echo(terminal(report))
        if was_judged:
            click.echo("the earlier verdict was replayed: the same, byte for byte")
    return exit_code(verdict, _UNDECIDED, (), was_to_act=False)

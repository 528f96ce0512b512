"""`gate doctor`: what this machine and this environment lack, each with the next step."""

from __future__ import annotations

import click

from gates import composition
from gates.cli.options import Meant, in_context
from gates.cli.reports import Report, reporting
from gates.composition.doctor import findings
from gates.model.exit_code import ExitCode
from gates.operations.permissions import COMMANDS, page
from gates.reporting.layout import Line, Row, Verbatim


@click.command()
@in_context
@click.option(
    "--for",
    "commands",
    type=Meant(list(COMMANDS)),
    metavar="COMMAND",
    multiple=True,
    help="Ask only for the permissions that this command needs, for example rollback. Repeatable.",
)
@click.option(
    "--permissions", "is_page", is_flag=True, help="Print what each command needs, as Markdown; ask nothing."
)
@reporting
def doctor(context: composition.Context, commands: tuple[str, ...], *, is_page: bool) -> Report | ExitCode:
    """Look at Python, Node, the documents, the ledger, the cloud's API, permissions, secrets and authorities.

    Each missing permission is named with its role, the commands that need it and the gcloud command that
    grants it.
    """
    if is_page:
        click.echo(page(), nl=False)
        return ExitCode.GO
    found = list(findings(context, commands))
    return Report(
        code=ExitCode.USAGE_ERROR if any(problem for _, problem in found) else ExitCode.GO,
        lines=[line for name, problem in found for line in _lines(name, problem)],
        document={"checks": [{"name": name, "problem": problem} for name, problem in found]},
    )


def _lines(name: str, problem: str) -> list[Line]:
    """Return a finding; the commands below its sentence stay in one piece."""
    sentence, *commands = problem.split("\n")
    head = Row(f"{'LACKS' if problem else 'ok':5}  ", f"{name}{': ' + sentence if sentence else ''}")
    return [head, *(Verbatim(f"       {command}") for command in commands)]

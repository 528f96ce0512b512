"""`gate doctor`: what this machine and this environment lack, each with the next step."""

from __future__ import annotations

import click

from gates import composition
from gates.cli.options import in_context
from gates.cli.reports import Report, reporting
from gates.composition.doctor import findings
from gates.model.exit_code import ExitCode
from gates.reporting.layout import Row


@click.command()
@in_context
@reporting
def doctor(context: composition.Context) -> Report:
    """Look at Python, Node, the documents, the ledger, the cloud's API, the secrets and the authorities."""
    found = list(findings(context))
    return Report(
        code=ExitCode.USAGE_ERROR if any(problem for _, problem in found) else ExitCode.GO,
        lines=[
            Row(f"{'LACKS' if problem else 'ok':5}  ", f"{name}{': ' + problem if problem else ''}")
            for name, problem in found
        ],
        document={"checks": [{"name": name, "problem": problem} for name, problem in found]},
    )

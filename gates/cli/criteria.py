"""`gate criteria`: list, explain and lint the criteria; show their producers and their known-bad releases."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from gates.cli.options import Meant
from gates.composition import criteria as documents
from gates.criteria.coverage import counted as counted_lines
from gates.criteria.explain import explain
from gates.criteria.known_bad import lines, page
from gates.criteria.lint import summary
from gates.criteria.listing import markdown, plain, rows
from gates.errors import UsageError
from gates.model.criterion import Catalogue, Stage
from gates.model.exit_code import ExitCode
from gates.model.likeness import meant
from gates.model.wording import counted
from gates.reporting.layout import table

_F = TypeVar("_F", bound=Callable[..., Any])


def _format(*more: str) -> Callable[[_F], _F]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(["tty", "plain", "json", *more]),
        default=lambda: "tty" if sys.stdout.isatty() else "plain",
        help="Default: tty on a terminal, else plain.",
    )


@click.group()
def criteria() -> None:
    """List, explain and lint the criteria; show what covers them."""


@criteria.command("list")
@click.option("--stage", type=Meant(Stage), help="Only this stage's.")
@_format("markdown")
def list_criteria(stage: Stage | None, form: str) -> ExitCode:
    """List what is demanded."""
    platform, catalogue = documents.documents()
    if stage is not None:
        catalogue = Catalogue(criteria=catalogue.at(stage), digest=catalogue.digest)
    if form == "markdown":
        click.echo(markdown(catalogue, platform), nl=False)
        return ExitCode.GO
    document = {"digest": catalogue.digest, "criteria": [plain(one) for one in catalogue.criteria]}
    heading = ("id", "severity", "stages", "demand", "statement")
    return _print(form, document, heading, rows(catalogue.criteria))


@criteria.command("explain")
@click.argument("criterion_id", metavar="ID")
@_format()
def explain_criterion(criterion_id: str, form: str) -> ExitCode:
    """Explain one criterion: why it exists, what it demands, what its failure leads to."""
    platform, catalogue = documents.documents()
    found = catalogue.find(criterion_id.upper())
    if found is None:
        guess = meant(criterion_id.upper(), (criterion.id for criterion in catalogue.criteria))
        raise UsageError(
            f"unknown criterion '{criterion_id}'{guess}", next_step="gate criteria list shows all"
        )
    click.echo(_json(plain(found)) if form == "json" else explain(found, platform))
    return ExitCode.GO


@criteria.command("lint")
@_format()
def lint_documents(form: str) -> ExitCode:
    """Check all documents of the platform and say what is open in them.

    Exit code 4: a document is wrong, a producer does not exist, or nothing is known to turn a criterion
    red; the last line names them. Facts that people owe to an environment are listed with it: they fail
    its criteria, not this check.
    """
    problems, findings = documents.examined()
    if form == "json":
        click.echo(_json({"problems": problems, "findings": [finding.plain for finding in findings]}))
    else:
        said = [*problems, *(finding.line for finding in findings), summary(problems, findings)]
        click.echo("\n".join(said))
    is_wrong = problems or any(finding.is_gap for finding in findings)
    return ExitCode.USAGE_ERROR if is_wrong else ExitCode.GO


@criteria.command("coverage")
@_format()
def show_coverage(form: str) -> ExitCode:
    """Show which criteria have the producers that they name; one without gives no evidence, so no GO.

    Exit code 4: a producer does not exist; the last line, on stderr, names the criteria.
    """
    found = documents.covered(documents.documents()[1])
    cells = [(one.criterion.id, one.state, ", ".join(one.missing)) for one in found]
    _print(form, [one.plain for one in found], ("id", "coverage", "missing producers"), cells)
    if form == "tty":
        click.echo("\n".join(counted_lines(found)))
    return _ended("without all their producers", [one.criterion.id for one in found if not one.is_covered])


@criteria.command("known-bad")
@_format("markdown")
def show_known_bad(form: str) -> ExitCode:
    """Show what is known to turn each criterion red: an arm of the benchmark, or a test.

    Exit code 4: nothing is known to turn a criterion red; the last line, on stderr, names them.
    """
    platform, catalogue = documents.documents()
    found, arms, proofs = documents.known_bad(platform, catalogue)
    if form == "markdown":
        click.echo(page(found, arms, proofs, platform.name), nl=False)
    else:
        _print(form, [red.plain for red in found], ("id", "turned red by"), lines(found))
    missing = [red.criterion.id for red in found if red.is_owed and not red.is_known]
    return _ended("turned red by nothing yet", missing)


def _ended(what: str, ids: Sequence[str]) -> ExitCode:
    """Print what is missing as the last line, or nothing if nothing is."""
    if not ids:
        return ExitCode.GO
    click.echo(f"{counted(len(ids), 'criterion', 'criteria')} {what}: {', '.join(ids)}", err=True)
    return ExitCode.USAGE_ERROR


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _print(form: str, document: object, heading: Sequence[str], cells: Sequence[Sequence[str]]) -> ExitCode:
    """Print a document, aligned columns with a heading on a terminal, or tab-separated fields."""
    if form == "json":
        click.echo(_json(document))
    elif form == "plain":
        for row in cells:
            click.echo("\t".join(row))
    else:
        head, *rest = table(heading, cells)
        click.echo("\n".join([click.style(head, bold=True), *rest]))
    return ExitCode.GO

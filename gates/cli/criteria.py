"""`gate criteria`: what is demanded, why, what is open, and what can answer it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gates.adapters.documents.bench_document import load_bench, load_proofs
from gates.adapters.documents.document_files import unread
from gates.adapters.documents.documents import check_environments, load_catalogue, load_platform
from gates.adapters.producers.producer_files import existing
from gates.cli.options import Meant
from gates.composition.environment import platform_folder, project_root
from gates.criteria.coverage import Coverage, counted, coverage
from gates.criteria.explain import explain
from gates.criteria.known_bad import Red, lines, page, reds
from gates.criteria.lint import Finding, lint, unproved
from gates.criteria.listing import markdown, plain, rows
from gates.errors import DocumentError, UsageError
from gates.model.bench import Arm, Proof
from gates.model.criterion import Catalogue, Stage
from gates.model.exit_code import ExitCode
from gates.model.likeness import meant
from gates.model.platform import Platform
from gates.reporting.phrasing import count

_FORMATS = ("tty", "plain", "json")


def _format(*formats: str) -> Callable[[Any], Any]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=None,
        help="Default: tty on a terminal, else plain.",
    )


@click.group()
def criteria() -> None:
    """List, explain and lint the criteria; show what covers them."""


@criteria.command("list")
@click.option("--stage", type=Meant([str(stage) for stage in Stage]), help="Only this stage's.")
@_format(*_FORMATS, "markdown")
def list_criteria(stage: str | None, form: str | None) -> ExitCode:
    """List what is demanded."""
    platform, catalogue = _load()
    if stage is not None:
        catalogue = Catalogue(criteria=catalogue.at(Stage(stage)), digest=catalogue.digest)
    match form or _default_format():
        case "json":
            _json({"digest": catalogue.digest, "criteria": [plain(c) for c in catalogue.criteria]})
        case "markdown":
            click.echo(markdown(catalogue, platform), nl=False)
        case chosen:
            _table(("id", "severity", "stages", "demand", "statement"), rows(catalogue.criteria), chosen)
    return ExitCode.GO


@criteria.command("explain")
@click.argument("criterion_id", metavar="ID")
@_format(*_FORMATS)
def explain_criterion(criterion_id: str, form: str | None) -> ExitCode:
    """Explain one criterion: why it exists, what it demands, what its failure leads to."""
    platform, catalogue = _load()
    found = catalogue.find(criterion_id.upper())
    if found is None:
        guess = meant(criterion_id.upper(), (criterion.id for criterion in catalogue.criteria))
        raise UsageError(
            f"unknown criterion '{criterion_id}'{guess}", next_step="gate criteria list shows all"
        )
    if form == "json":
        _json(plain(found))
    else:
        click.echo(explain(found, platform))
    return ExitCode.GO


@criteria.command("lint")
@_format(*_FORMATS)
def lint_documents(form: str | None) -> ExitCode:
    """Check all documents of the platform and say what is open in them.

    Exit code 4: a document is wrong, a producer does not exist, or nothing is known to turn a criterion
    red; the last line names them. Facts that people owe to an environment are listed with it: they fail
    its criteria, not this check.
    """
    problems, findings = _examined()
    if (form or _default_format()) == "json":
        _json({"problems": problems, "findings": [_finding(finding) for finding in findings]})
    else:
        for problem in problems:
            click.echo(problem)
        for finding in findings:
            where = f" in {', '.join(finding.places)}" if finding.places else ""
            kind = "gap" if finding.is_gap else f"open, fails {finding.fails}{where}"
            click.echo(f"{kind}: {finding.subject}: {finding.cause}")
        click.echo(_counted(problems, findings))
    is_wrong = problems or any(finding.is_gap for finding in findings)
    return ExitCode.USAGE_ERROR if is_wrong else ExitCode.GO


@criteria.command("coverage")
@_format(*_FORMATS)
def show_coverage(form: str | None) -> ExitCode:
    """Show which criteria have the producers that they name; one without gives no evidence, so no GO.

    Exit code 4: a producer does not exist; the last line, on stderr, names the criteria.
    """
    _, catalogue = _load()
    covered = _covered(catalogue)
    chosen = form or _default_format()
    if chosen == "json":
        _json([_coverage(entry) for entry in covered])
    else:
        _table(
            ("id", "coverage", "missing producers"),
            [(entry.criterion.id, entry.state, ", ".join(entry.missing)) for entry in covered],
            chosen,
        )
    if chosen == "tty":
        for line in counted(covered):
            click.echo(line)
    return _ended("without all their producers", [one.criterion.id for one in covered if not one.is_covered])


@criteria.command("known-bad")
@_format(*_FORMATS, "markdown")
def show_known_bad(form: str | None) -> ExitCode:
    """Show what is known to turn each criterion red: an arm of the benchmark, or a test.

    Exit code 4: nothing is known to turn a criterion red; the last line, on stderr, names them.
    """
    platform, catalogue = _load()
    found, arms, proofs = _reds(platform_folder(), platform, catalogue)
    match form or _default_format():
        case "json":
            _json([_red(red) for red in found])
        case "markdown":
            click.echo(page(found, arms, proofs, platform.name), nl=False)
        case chosen:
            _table(("id", "turned red by"), lines(found), chosen)
    return _ended(
        "turned red by nothing yet", [r.criterion.id for r in found if r.is_owed and not r.is_known]
    )


def _ended(what: str, ids: Sequence[str]) -> ExitCode:
    """Name what is missing as the last thing that is said; nothing is said when nothing is."""
    if not ids:
        return ExitCode.GO
    click.echo(f"{count(len(ids), 'criterion', 'criteria')} {what}: {', '.join(ids)}", err=True)
    return ExitCode.USAGE_ERROR


def _counted(problems: Sequence[str], findings: Sequence[Finding]) -> str:
    """Return how much is wrong and how much is open, with names."""
    gaps = list(dict.fromkeys(finding.subject for finding in findings if finding.is_gap))
    facts = [finding for finding in findings if not finding.is_gap]
    fails = ", ".join(dict.fromkeys(str(finding.fails) for finding in facts))
    places = ", ".join(dict.fromkeys(place for finding in facts for place in finding.places))
    wrong = f"{count(len(problems), 'problem')}, {count(len(gaps), 'gap')}"
    wrong += f" ({', '.join(gaps)})" if gaps else ""
    open_ = f"{count(len(facts), 'fact')} that people owe"
    open_ += f" ({fails}{f' in {places}' if places else ''})" if facts else ""
    return f"{wrong}, {open_}"


def _load() -> tuple[Platform, Catalogue]:
    folder = platform_folder()
    platform = load_platform(folder)
    return platform, load_catalogue(folder, platform)


def _examined() -> tuple[list[str], tuple[Finding, ...]]:
    """Return the problems of all documents as lines, and what is open when there is none."""
    folder = platform_folder()
    problems: list[str] = []
    try:
        platform = load_platform(folder)
    except DocumentError as error:
        return str(error).splitlines(), ()
    problems += map(str, unread(folder, platform.service_names))
    for load in (load_catalogue, check_environments):
        try:
            load(folder, platform)
        except DocumentError as error:
            problems += str(error).splitlines()
    if problems:
        return problems, ()
    catalogue, today = load_catalogue(folder, platform), datetime.now(UTC).date()
    found = lint(platform, catalogue, today=today, environments=check_environments(folder, platform))
    try:
        return [], (*unproved(_covered(catalogue), _reds(folder, platform, catalogue)[0]), *found)
    except DocumentError as error:
        return str(error).splitlines(), found


def _covered(catalogue: Catalogue) -> tuple[Coverage, ...]:
    named = dict.fromkeys(producer for criterion in catalogue.criteria for producer in criterion.producers)
    return coverage(catalogue, existing(named, root=project_root()))


def _reds(
    folder: Path, platform: Platform, catalogue: Catalogue
) -> tuple[tuple[Red, ...], tuple[Arm, ...], tuple[Proof, ...]]:
    """Return what turns each criterion red, and the arms and proofs that it is made of."""
    proofs, arms = load_proofs(folder, platform, catalogue), load_bench(folder, platform, catalogue)
    return reds(catalogue, arms, proofs), arms, proofs


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "subject": finding.subject,
        "cause": finding.cause,
        "fails": finding.fails,
        "gap": finding.is_gap,
        "environments": finding.places,
    }


def _coverage(entry: Coverage) -> dict[str, object]:
    return {"id": entry.criterion.id, "state": entry.state, "missing": entry.missing}


def _red(red: Red) -> dict[str, object]:
    return {
        "id": red.criterion.id,
        "arms": [arm.id for arm in red.arms],
        "tests": [proof.test for proof in red.proofs],
        "attestedBy": red.criterion.attested_by,
    }


def _default_format() -> str:
    return "tty" if sys.stdout.isatty() else "plain"


def _json(document: object) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _table(heading: Sequence[str], lines: Iterable[Sequence[str]], form: str) -> None:
    """Print aligned columns with a heading on a terminal, tab-separated fields elsewhere."""
    lines = list(lines)
    if form == "plain":
        for line in lines:
            click.echo("\t".join(line))
        return
    widths = [max(map(len, column)) for column in zip(heading, *lines, strict=True)]
    for number, line in enumerate([heading, *lines]):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=number == 0))

"""One way to report: a command returns what it found, and this prints it for a person or for a program.

`tty` and `plain` print lines that fit the terminal, 80 columns where none is known. `json` prints one
document and nothing else on stdout; docs/reference/json.md says what it holds.
"""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from gates.cli.options import ENVIRONMENT, format_option
from gates.model.exit_code import ExitCode
from gates.reporting.layout import Line, fitted
from gates.reporting.redaction import Redactor

_COLUMNS = (80, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command found: `lines` for a person, or `empty` without any; `document` for a program."""

    code: ExitCode
    lines: Sequence[Line]
    document: Mapping[str, Any] = field(default_factory=dict)
    empty: str = ""


def reporting(command: Callable[..., Report | ExitCode]) -> Callable[..., ExitCode]:
    """Add `--format`; the command returns a `Report`, or an exit code if it printed everything itself."""

    def run(*args: Any, **rest: Any) -> ExitCode:
        output: str | None = rest.pop("output")
        report = command(*args, **rest)
        if isinstance(report, ExitCode):
            return report
        click.echo(text_of(report, output or "plain"))
        return report.code

    wrapped: Callable[..., ExitCode] = functools.update_wrapper(run, command)
    return format_option(wrapped)


def say(*lines: Line) -> None:
    """Print lines for a person now, as wide as the terminal is."""
    click.echo("\n".join(_shown(lines)))


def _shown(lines: Sequence[Line]) -> list[str]:
    redact = Redactor()
    return [redact.text(line) for line in fitted(lines, shutil.get_terminal_size(_COLUMNS).columns)]


def text_of(report: Report, output: str) -> str:
    """Return what is printed, without secrets and without characters that forge lines."""
    if output == "json":
        context = click.get_current_context()
        name = context.command_path.removeprefix("gate ").removesuffix(" services")
        env = context.params.get("env") or context.meta.get(ENVIRONMENT)
        where = {"environment": env} if env else {}
        document = {"report": name, "exit_code": int(report.code), **where, **report.document}
        return json.dumps(Redactor()(document), indent=1, ensure_ascii=False)
    return "\n".join(_shown(report.lines or [report.empty]))

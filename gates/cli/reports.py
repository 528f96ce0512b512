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

from gates.cli.options import format_option
from gates.model.exit_code import ExitCode
from gates.reporting.layout import Line, fitted
from gates.reporting.redaction import Redactor

_COLUMNS = (80, 24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a command found: `lines` for a person, `document` for a program; `empty` is said without lines."""

    code: ExitCode
    lines: Sequence[Line]
    document: Mapping[str, Any] = field(default_factory=dict)
    empty: str = ""


def reporting(command: Callable[..., Report]) -> Callable[..., ExitCode]:
    """Add `--format`; the command returns a `Report`, which is printed."""

    def run(*args: Any, **rest: Any) -> ExitCode:
        output = rest.pop("format")
        report = command(*args, **rest)
        click.echo(text_of(report, str(output or "plain")))
        return report.code

    wrapped: Callable[..., ExitCode] = functools.update_wrapper(run, command)
    return format_option(wrapped)


def text_of(report: Report, output: str) -> str:
    """Return what is printed, without secrets and without characters that forge lines."""
    redact = Redactor()
    if output == "json":
        name = click.get_current_context().command_path.removeprefix("gate ")
        document = {"report": name, "exit_code": int(report.code), **report.document}
        return json.dumps(redact(document), indent=1, ensure_ascii=False)
    lines = fitted(report.lines or [report.empty], shutil.get_terminal_size(_COLUMNS).columns)
    return "\n".join(redact.text(line) for line in lines)

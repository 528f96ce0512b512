"""Options that several commands share, and their types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from gates import composition
from gates.errors import UsageError
from gates.model.criterion import Stage
from gates.model.duration import duration_of
from gates.model.likeness import closest, meant, refuse_unknown

_REVISION = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_AUTO, _MOST_WORKERS = "auto", 32
_C = TypeVar("_C")
_F = TypeVar("_F", bound=Callable[..., Any])
_P = ParamSpec("_P")
_R = TypeVar("_R")


class Meant(click.Choice[_C]):
    """A choice whose error message names the closest word; members of an enum are written as their values."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's own
        """Return the word."""
        return str(choice)

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's own signature
        """Return the error message."""
        return f"unknown value '{value}'{meant(str(value), map(str, self.choices))}"


class Duration(click.ParamType[float]):
    """A duration above zero, in seconds."""

    name = "duration"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> float:
        """Return the seconds of `90s`, `15m` or `1h`.

        Raises:
            UsageError: it is no duration, or zero.
        """
        found = duration_of(str(value))
        if not found:
            raise UsageError(f"{value!r} is not a duration", next_step="write for example 90s, 15m or 1h")
        return found.total_seconds()


class Pair(click.ParamType[tuple[str, str]]):
    """Two words with `=` between them, as the metavar of the option says."""

    name = "pair"

    def convert(
        self, value: Any, param: click.Parameter | None, _ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both words.

        Raises:
            UsageError: one of them is missing.
        """
        name, _, rest = str(value).partition("=")
        if param is not None and not (name and rest):
            raise UsageError(f"{param.opts[0]} {value}", next_step=f"write {param.metavar}")
        return name, rest


class Revision(click.ParamType[str]):
    """The name of a revision of Cloud Run."""

    name = "revision"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        """Return the name.

        Raises:
            UsageError: no revision can have it.
        """
        if not _REVISION.fullmatch(str(value)):
            raise UsageError(
                f"{value!r} is not the name of a revision", next_step="see: gate rollback status"
            )
        return str(value)


class ServiceRevision(Pair):
    """A service and one of its revisions, with `=` between them."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return both names.

        Raises:
            UsageError: one of them is missing, or no revision can have the second one.
        """
        service, revision = super().convert(value, param, ctx)
        return service, Revision().convert(revision, param, ctx)


class Service(click.ParamType[str]):
    """A service of the platform whose environment the command is about."""

    name = "service"

    def convert(self, value: object, _param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name.

        Raises:
            UsageError: the platform has no such service.
        """
        if ctx is not None:
            refuse_unknown("service", (str(value),), ctx.obj.platform.service_names)
        return str(value)


service_argument = click.argument("service", type=Service())
services_argument = click.argument("services", nargs=-1, type=Service())


class RunFolderPath(click.Path):
    """The folder of an existing run, checked before anything else is asked or read."""

    name = "RUN"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; the error message says what is missing and where the runs are."""
        path = Path(str(value))
        if not path.is_dir():
            self.fail(f"there is no run folder {path}; {_where_runs_are(path.name)}", param, ctx)
        if not (path / "setup.json").is_file():
            said = f"{path} is not the folder of a run: it has no setup.json"
            self.fail(f"{said}; {_where_runs_are(path.name)}", param, ctx)
        return path


RUN_FOLDER = RunFolderPath(path_type=Path, file_okay=False)


def _where_runs_are(name: str) -> str:
    reports = composition.reports_folder()
    runs = sorted(reports.glob("*/setup.json"), key=lambda file: file.stat().st_mtime)
    if not runs:
        return f"{reports} holds no run yet: gate run writes one"
    meant_one = closest(name, [file.parent.name for file in runs])
    guess = f"did you mean {reports / meant_one}?" if meant_one else f"the newest is {runs[-1].parent}"
    return f"runs are in {reports}: {guess}"


class RunName(click.ParamType[str]):
    """A name that a folder can have, checked before anything else is asked or read."""

    name = "NAME"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        """Return the name; an empty name, as of an unset variable in CI, is allowed.

        Raises:
            UsageError: no folder can have it.
        """
        from gates.model.record import checked_name  # noqa: PLC0415 - most commands name no run

        return checked_name(str(value)) if value else ""


class Workers(click.ParamType[int | None]):
    """A number of workers, or `auto` (None): as many as shorten the run."""

    name = "N|auto"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number."""
        if value == _AUTO:
            return None
        if not str(value).isdecimal() or not 1 <= int(str(value)) <= _MOST_WORKERS:
            self.fail(f"{value!r} is neither {_AUTO} nor a number from 1 to {_MOST_WORKERS}", param, ctx)
        return int(str(value))


ENVIRONMENT = "gates.environment"
"""Key in `ctx.meta` of the environment's name."""
_ENVIRONMENT: Mapping[str, Any] = {
    "envvar": "GATE_ENV",
    "required": True,
    "help": "Environment of the platform: sandbox, staging, production.",
}
environment_option = click.option("--env", "env", **_ENVIRONMENT)


def context_option(command: Callable[_P, _R], *, is_looking: bool = False) -> Callable[_P, _R]:
    """Add `--env`: the environment's context is in `ctx.obj` before the other parameters are converted."""

    def opened(ctx: click.Context, _param: click.Parameter, env: str) -> None:
        ctx.meta[ENVIRONMENT] = env
        ctx.obj = composition.Context(env, is_looking=True) if is_looking else composition.Context(env)

    eager: dict[str, Any] = {"is_eager": True, "expose_value": False, "callback": opened}
    return click.option("--env", **_ENVIRONMENT, **eager)(command)


def in_context(command: Callable[Concatenate[composition.Context, _P], _R]) -> Callable[_P, _R]:
    """Add `--env`; the command gets the environment's context first."""
    return context_option(click.pass_obj(command))


stage_option = click.option(
    "--stage", type=Meant(Stage), required=True, help="Which part of the catalogue is demanded."
)
format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["tty", "plain", "json"]),
    default=None,
    help="How to speak; default: tty on a terminal, plain elsewhere. json prints the document of the file.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=None,
    help="Generate other requests than usual; a finding names the seed that repeats it.",
)
workers_option = click.option(
    "--workers",
    type=Workers(),
    default=_AUTO,
    show_default=True,
    help="How many checks run at the same time; auto is one, or up to 8 where the platform is far away."
    " Load and what disturbs others always run alone. With --fail-fast one.",
)


def deadline_option(default: str, text: str = "Longest time to look: 90s, 15m, 1h.") -> Callable[[_F], _F]:
    """Return the option `--deadline`, in seconds."""
    return click.option("--deadline", type=Duration(), default=default, show_default=True, help=text)


def _each_once(
    _ctx: click.Context, param: click.Parameter, pairs: tuple[tuple[str, str], ...]
) -> dict[str, str]:
    if len(dict(pairs)) < len(pairs):
        raise UsageError(f"{param.opts[0]} names a service twice", next_step=f"write {param.metavar}")
    return dict(pairs)


def look_options(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Add the options that `run` and `collect` share: which release is checked, and how."""
    options = (
        environment_option,
        stage_option,
        click.option(
            "--release",
            "release_id",
            type=RunName(),
            default=None,
            help="Label of the release; default: the time of the run.",
        ),
        click.option(
            "--revision",
            "revisions",
            type=ServiceRevision(),
            multiple=True,
            callback=_each_once,
            metavar="SERVICE=REVISION",
            help="Test this revision instead of the newest ready one. Repeatable.",
        ),
        click.option(
            "--only", multiple=True, metavar="ID", help="Only this criterion; the answer is then never GO."
        ),
        deadline_option("15m"),
        seed_option,
        workers_option,
        format_option,
    )
    for option in reversed(options):
        command = option(command)
    return command

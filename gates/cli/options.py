"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from gates.adapters.machine.settings import reports_folder
from gates.model.criterion import Stage
from gates.model.likeness import closest, meant


class Meant(click.Choice[str]):
    """A choice whose refusal names the word that was probably meant."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's own signature
        """Return the refusal."""
        return f"unknown value '{value}'{meant(str(value), map(str, self.choices))}"


class RunFolderPath(click.Path):
    """The folder of a run that is there: looked at before anything else is asked or read."""

    name = "RUN"

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path, or end the command with what is missing and where runs are."""
        path = Path(str(value))
        if not path.is_dir():
            self.fail(f"there is no run folder {path}; {_where_runs_are(path.name)}", param, ctx)
        if not (path / "setup.json").is_file():
            said = f"{path} is not the folder of a run: it has no setup.json"
            self.fail(f"{said}; {_where_runs_are(path.name)}", param, ctx)
        return path


def _where_runs_are(name: str) -> str:
    reports = reports_folder()
    runs = sorted(reports.glob("*/setup.json"), key=lambda file: file.stat().st_mtime)
    if not runs:
        return f"{reports} holds no run yet: gate run writes one"
    meant_one = closest(name, [file.parent.name for file in runs])
    guess = f"did you mean {reports / meant_one}?" if meant_one else f"the newest is {runs[-1].parent}"
    return f"runs are in {reports}: {guess}"


class RunName(click.ParamType[str]):
    """A name that a folder can have, looked at before anything else is asked or read."""

    name = "NAME"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        """Return the name; an empty one is none, as an unset variable of a job is.

        Raises:
            UsageError: no folder can have it.
        """
        from gates.model.record import checked_name  # noqa: PLC0415 - most commands name no run

        return checked_name(str(value)) if value else ""


AUTO = "auto"
MOST_WORKERS = 32

environment_option = click.option(
    "--env",
    "env",
    envvar="GATE_ENV",
    required=True,
    help="Environment of the platform: sandbox, staging, production.",
)
stage_option = click.option(
    "--stage",
    type=Meant([stage.value for stage in Stage]),
    required=True,
    help="Which part of the catalogue is demanded.",
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


class Workers(click.ParamType[int | None]):
    """A number of workers, or `auto` for None."""

    name = "N|auto"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Return the number."""
        if value == AUTO:
            return None
        if not str(value).isdecimal() or not 1 <= int(str(value)) <= MOST_WORKERS:
            self.fail(f"{value!r} is neither {AUTO} nor a number from 1 to {MOST_WORKERS}", param, ctx)
        return int(str(value))


workers_option = click.option(
    "--workers",
    type=Workers(),
    default=AUTO,
    show_default=True,
    help="How many checks run at the same time; auto is one, or up to 8 where the platform is far away."
    " Load and what disturbs others always run alone. With --fail-fast one.",
)


def workers_of(value: object) -> int | None:
    """Return the number of workers that was asked for; None is as many as pay."""
    return value if isinstance(value, int) else None


def seed_of(value: object) -> int | None:
    """Return the seed that was asked for, if any."""
    return value if isinstance(value, int) else None

"""Options that several commands share."""

from __future__ import annotations

import click

from gates.model.criterion import Stage
from gates.model.likeness import meant


class Meant(click.Choice[str]):
    """A choice whose refusal names the word that was probably meant."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's own signature
        """Return the refusal."""
        return f"unknown value '{value}'{meant(str(value), map(str, self.choices))}"


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
    "format",
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

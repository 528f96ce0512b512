"""`gate load PROFILE`: send load and measure it; `gate load --ui`: the generator's own page."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gates import composition
from gates.cli.adhoc_checks import show, spot
from gates.cli.options import deadline_option, in_context
from gates.errors import ConfigurationError, UsageError
from gates.model.exit_code import ExitCode
from gates.model.judgement import Judgement
from gates.model.likeness import refuse_unknown
from gates.model.platform import Impact
from gates.model.wording import observed


@click.command()
@click.argument("profile", required=False)
@click.option("--ui", "is_page", is_flag=True, help="Open the generator's page with every kind of user.")
@click.option("--port", default=8089, show_default=True, help="Port of the page, on this machine alone.")
@deadline_option("15m")
@in_context
def load(
    context: composition.Context, profile: str | None, deadline: float, *, is_page: bool, port: int
) -> ExitCode:
    """Send the load of PROFILE to the platform's entrance and measure.

    The rate is what the environment declares (expectedLoad). Exits with 0 when the platform carried the load,
    1 when it did not, 10 when too little was sent to say.
    """
    if is_page:
        return _page(context, port)
    profile = _known(profile)
    composition.settings.hand_down(composition.settings.LOAD_PROFILE, profile)
    criteria = [c for c in context.catalogue.criteria if profile in c.load_profiles]
    if not criteria:
        raise ConfigurationError(
            f"no criterion has loadProfiles: [{profile}]", next_step="add it to what the profile's load shows"
        )
    return show(spot(context, criteria, name=f"load-{profile}", seconds=deadline), more=_figure)


def _known(profile: str | None) -> str:
    known = composition.profile_names()
    listed = ", ".join(known)
    if profile is None:
        raise UsageError(
            f"no profile was named; there are: {listed}",
            next_step=f"gate load {known[0]}, or gate load --ui for the generator's page",
        )
    refuse_unknown("profile", (profile,), known)
    return profile


def _figure(judgement: Judgement) -> str:
    if judgement.measured is None:
        return ""
    return observed(judgement.measured, judgement.samples, judgement.criterion)


def _page(context: composition.Context, port: int) -> ExitCode:
    missing = {Impact.NOISY, Impact.CREATES_DATA} - set(context.environment.allowed_impacts)
    if missing:
        named = ", ".join(sorted(missing))
        raise UsageError(
            f"{context.environment_name} allows no load: {named}", next_step="use another environment"
        )
    folder = context.run_folder(f"load-ui-{datetime.now(UTC):%m%d%H%M%S}")
    click.echo(
        f"http://127.0.0.1:{port} until Ctrl-C; users: those who read, and one kind per journey", err=True
    )
    status = composition.generator_page(context, folder, root=composition.project_root(), port=port)
    return ExitCode.GO if status == 0 else ExitCode.INCONCLUSIVE

"""`gate auth [FLOW…] | --all | --service S | --comprehensive`: try the authentication flows and endpoints."""

from __future__ import annotations

from contextlib import closing

import click

from gates import composition
from gates.cli.adhoc_checks import show, spot
from gates.cli.options import Service, deadline_option, in_context
from gates.composition import actor
from gates.composition.operations import OperationsContext
from gates.errors import CloudError
from gates.evidence.journeys import journey_of
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.workflows.spot_check import about

_SIGN_OUT = "sign-out"
_FLOWS, _ENDPOINTS = "authentication", "contract"
_ALIASES = {"valid_login": "login", "invalid_login": "wrong_password"}
"""The guide's name of a flow -> the name of its test."""


@click.command()
@in_context
@click.argument("flows", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every flow of every service.")
@click.option(
    "--service",
    "services",
    type=Service(),
    multiple=True,
    help="Flows and endpoints of this service. Repeatable.",
)
@click.option(
    "--comprehensive", "is_comprehensive", is_flag=True, help="Flows and endpoints of all services."
)
@deadline_option("10m")
def auth(
    context: composition.Context,
    flows: tuple[str, ...],
    services: tuple[str, ...],
    deadline: float,
    *,
    is_all: bool,
    is_comprehensive: bool,
) -> ExitCode:
    """Try FLOWS (for example valid_login); without any, list them.

    Leaves with 0 when each did what it must, 1 when one did not, 10 when one could not be tried.
    `gate auth sign-out` ends the session that the operating commands of this account share.
    """
    if flows == (_SIGN_OUT,):
        return _sign_out(context)
    known = {journey_of(one): one for one in context.catalogue.within(_FLOWS) if len(one.producers) == 1}
    if not (flows or services or is_all or is_comprehensive):
        click.echo("\n".join(f"{name:16} {known[name].statement}" for name in known))
        return ExitCode.GO
    wanted = [_ALIASES.get(name, name) for name in flows]
    refuse_unknown("flow", wanted, (*known, *_ALIASES))
    criteria = [known[name] for name in dict.fromkeys(wanted)]
    if is_all or is_comprehensive or services:
        criteria = list(known.values())
    if is_comprehensive or services:
        criteria += context.catalogue.within(_ENDPOINTS)
    if services:
        criteria = about(criteria, services)
    return show(spot(context, criteria, name="auth", seconds=deadline))


def _sign_out(context: composition.Context) -> ExitCode:
    """Forget the shared session and end it; a session that could not be ended is valid until it expires."""
    with closing(OperationsContext(context, actor())) as operations:
        try:
            is_ended = operations.services.end_session()
        except CloudError as error:
            click.echo(f"the session is forgotten, and was not ended: {error.cause}", err=True)
            return ExitCode.ACTION_FAILED
    click.echo("the session is ended" if is_ended else "no session was open")
    return ExitCode.GO

"""`gate authority grant | revoke | list`: signed pre-authorisations of automatic rollbacks."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gates import composition
from gates.cli import signing
from gates.cli.options import Meant, in_context
from gates.errors import UsageError
from gates.evidence.authority import GRANTABLE, Grant, authority_of, grant_objection
from gates.model.exit_code import ExitCode
from gates.model.statement import StatementKind, platform_digest

_priority = click.argument("priority", type=Meant([*GRANTABLE]))
_service = click.option("--service", default=None, help="Only for this service; default: every service.")


@click.group()
def authority() -> None:
    """Pre-authorise rollbacks of grave failures, so that none waits for a person."""


@authority.command()
@_priority
@in_context
@_service
@signing.signing_options
def grant(
    context: composition.Context, priority: str, service: str | None, signature: signing.Signature
) -> ExitCode:
    """Sign that the gate may roll PRIORITY back by itself here, for at most 90 days."""
    return _state(context, priority, service, signature, refuses=False)


@authority.command()
@_priority
@in_context
@_service
@signing.signing_options
def revoke(
    context: composition.Context, priority: str, service: str | None, signature: signing.Signature
) -> ExitCode:
    """Take a grant back from now on. It counts as soon as it is written, signed or not."""
    return _state(context, priority, service, signature, refuses=True)


@authority.command(name="list")
@in_context
def list_(context: composition.Context) -> ExitCode:
    """Show every grant of this environment and what it is worth now."""
    found = context.authorities.all(datetime.now(UTC))
    for each in found:
        click.echo(_line(each))
    for problem in context.authorities.unreadable():
        click.echo(f"UNREADABLE, so no grant counts: {problem}")
    held = {each.authority.priority for each in found if not each.objection}
    for priority in GRANTABLE:
        if priority not in held:
            wanted = authority_of(context.platform, priority)
            click.echo(f"{priority}: nothing in force, so every rollback asks the {wanted}")
    return ExitCode.GO


def _line(grant: Grant) -> str:
    one = grant.authority
    scope = one.service or "every service"
    worth = f"VOID: {grant.objection}" if grant.objection else "in force"
    until = f"until {one.expires_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.priority} {scope}, by {one.by} ({one.role}), {until}: {worth}"


def _state(
    context: composition.Context,
    priority: str,
    service: str | None,
    signature: signing.Signature,
    *,
    refuses: bool,
) -> ExitCode:
    now = datetime.now(UTC)
    signing.checked_role(context, signature.role, authority_of(context.platform, priority) or "", priority)
    statement = signing.statement(
        signature,
        now,
        kind=StatementKind.STANDING_AUTHORITY,
        environment=context.environment.name,
        subject=priority,
        digest=platform_digest(context.platform.name),
        service=service,
        refuses=refuses,
    )
    objection = grant_objection(statement, context.authorities.reading(now))
    if objection:
        raise UsageError(objection)
    folder = context.authorities.open_folder()
    signing.tell_written(statement, *folder.keep(statement, signature.key))
    return ExitCode.GO

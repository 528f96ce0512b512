"""`gate circuits`: circuit breakers, and the cached-token fallback."""

from __future__ import annotations

import click

from gates.cli.command import CommandContext, acts, looks, print_receipts
from gates.cli.options import service_argument
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.model.service_contract import demanded_part
from gates.reporting.health import circuit_document, circuit_lines


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def circuits() -> None:
    """Look at circuit breakers and reset them; switch the cached-token fallback."""


@circuits.command()
@looks
@reporting
def report(command: CommandContext) -> Report:
    """Show every circuit breaker of every service; 1 when one is not closed or a service is silent."""
    return _report(command, command.context.platform.service_names)


@circuits.command()
@service_argument
@looks
@reporting
def status(command: CommandContext, service: str) -> Report:
    """Show the circuit breakers of SERVICE."""
    return _report(command, (service,))


@circuits.command()
@service_argument
@acts
def reset(command: CommandContext, service: str) -> ExitCode:
    """Close every circuit breaker of SERVICE that is not closed."""
    command.confirm(f"reset the circuits of {service}")
    receipts = command.operations.circuits.reset(service, is_dry=command.is_dry)
    if not receipts:
        click.echo(f"every circuit of {service} is closed")
    return print_receipts(receipts)


@circuits.command()
@click.argument("mode", type=click.Choice(["on", "off", "auto", "status"]))
@click.option(
    "--witness",
    "witnesses",
    nargs=2,
    help="Two identities that are signed in to prove `on`; the second one's session is ended. "
    "Default: signIn.witnesses of platform.yaml.",
)
@acts
def fallback(command: CommandContext, mode: str, witnesses: tuple[str, str] | None) -> ExitCode:
    """Serve tokens that a service remembers while the sign-in is down.

    `on` proves itself: a cached token is served from the cache, a revoked one is refused; otherwise it is
    taken back. It never switches itself on. `auto` is the normal state: only while the sign-in is silent.
    """
    operations = command.operations
    if mode == "status":
        now = operations.services.fallback()
        click.echo(
            f"fallback {now.mode}: tokens up to {now.max_age_s:g} s old,"
            f" {now.used} used, {now.refused} refused"
        )
        return ExitCode.GO
    command.confirm(f"switch the cached-token fallback {mode}")
    named = witnesses or demanded_part(command.context.platform.sign_in, "signIn").witnesses
    return print_receipts([operations.circuits.switch_fallback(mode, witnesses=named, is_dry=command.is_dry)])


def _report(command: CommandContext, names: tuple[str, ...]) -> Report:
    found = command.operations.circuits.of(names)
    is_bad = any(isinstance(one, str) or not all(c.is_closed for c in one) for one in found.values())
    return Report(
        code=ExitCode.NO_GO if is_bad else ExitCode.GO,
        lines=circuit_lines(found),
        document=circuit_document(found),
    )

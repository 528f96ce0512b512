"""`gate circuits`: circuit breakers, and the cached-token fallback of the gateway."""

from __future__ import annotations

import click

from gates.cli.operating import Asked, acts, chosen, looks, tell
from gates.control_room import ControlRoom
from gates.errors import CloudError
from gates.model.exit_code import ExitCode

_WITNESSES = ("viewer", "responder")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def circuits() -> None:
    """Look at circuit breakers and reset them; switch the cached-token fallback."""


@circuits.command()
@looks
def report(asked: Asked) -> ExitCode:
    """Show every circuit breaker of every service; 1 when one is not closed or a service is silent."""
    return _show(asked.room, asked.house.platform.service_names)


@circuits.command()
@click.argument("service")
@looks
def status(asked: Asked, service: str) -> ExitCode:
    """Show the circuit breakers of SERVICE."""
    return _show(asked.room, chosen((service,), asked.house.platform))


@circuits.command()
@click.argument("service")
@acts
def reset(asked: Asked, service: str) -> ExitCode:
    """Close every circuit breaker of SERVICE that is not closed."""
    chosen((service,), asked.house.platform)
    asked.confirm(f"reset the circuits of {service}")
    receipts = asked.room.circuits.reset(service, is_dry=asked.is_dry)
    if not receipts:
        click.echo(f"every circuit of {service} is closed")
    return tell(receipts)


@circuits.command()
@click.argument("mode", type=click.Choice(["on", "off", "auto", "status"]))
@click.option(
    "--witness",
    "witnesses",
    nargs=2,
    default=_WITNESSES,
    show_default=True,
    help="Two identities that are signed in to prove `on`; the second one's session is ended.",
)
@acts
def fallback(asked: Asked, mode: str, witnesses: tuple[str, str]) -> ExitCode:
    """Serve tokens that the gateway knows while auth-service is down.

    `on` proves itself: a cached token is served from the cache, a revoked one is refused; otherwise it is
    taken back. It never switches itself on. `auto` is the normal state: only while auth-service is silent.
    """
    room = asked.room
    if mode == "status":
        now = room.services.fallback()
        click.echo(
            f"fallback {now.mode}: tokens up to {now.max_age_s:g} s old,"
            f" {now.used} used, {now.refused} refused"
        )
        return ExitCode.GO
    asked.confirm(f"switch the cached-token fallback {mode}")
    return tell([room.circuits.switch_fallback(mode, witnesses=witnesses, is_dry=asked.is_dry)])


def _show(room: ControlRoom, names: tuple[str, ...]) -> ExitCode:
    is_bad = False
    for name in names:
        try:
            found = room.services.circuits(name)
        except CloudError as error:
            click.echo(f"BAD  {name}: {error.cause}")
            is_bad = True
            continue
        for one in found:
            click.echo(
                f"{'ok ' if one.is_closed else 'BAD'}  {name} → {one.name}: {one.state},"
                f" {one.failures} failures, opened {one.opened} times"
            )
            is_bad |= not one.is_closed
        if not found:
            click.echo(f"ok   {name}: calls nobody")
    return ExitCode.NO_GO if is_bad else ExitCode.GO

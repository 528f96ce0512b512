"""`gate rollback`: its subcommands, each imported when it is called; services without one are rolled back."""

from __future__ import annotations

import importlib

import click

_COMMANDS = {
    "services": "rollback_services",
    "resume": "rollback_planned",
    "status": "rollback_status",
    "unpin": "rollback_unpin",
    "verify": "rollback_verify",
}
"""Subcommand -> module in this package: who asks where everything stands waits for nothing else."""
_DEFAULT = "services"
_FORMER_NAMES = {"prove": "verify"}


class RollbackGroup(click.Group):
    """A group whose first word may be a service: what is not a subcommand goes to the default one."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the subcommands."""
        return sorted(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import one subcommand."""
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"gates.cli.{_COMMANDS[name]}"), name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of anything but a subcommand or a request for help."""
        args = [_FORMER_NAMES.get(args[0], args[0]), *args[1:]] if args else args
        if args and args[0] not in _COMMANDS and args[0] not in ctx.help_option_names:
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


@click.group(cls=RollbackGroup, context_settings={"help_option_names": ["-h", "--help"]})
def rollback() -> None:
    """Send all traffic back to the last good revision, and verify it by the service's own answer.

    \b
    gate rollback SERVICE --env production           plan, ask, go
    gate rollback --all --env production --dry-run   show the exact calls
    gate rollback SERVICE --to REVISION              name the target yourself
    gate rollback --planned --env production         the whole procedure, in maintenance mode
    gate rollback verify --env production            would a rollback work?
    gate rollback status --env production            what is pinned, what is unfinished
    gate rollback resume --env production            finish what was interrupted
    gate rollback unpin SERVICE                      follow the newest revision again
    gate rollback services --help                    all options
    """  # noqa: D301 - \b is click's mark for a paragraph that keeps its lines

"""Options and steps that all signing commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from gates import composition
from gates.cli.options import RUN_FOLDER
from gates.cli.texts import LINK, PERSON, REASON
from gates.errors import UsageError
from gates.model.duration import duration_of
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.release import Release
from gates.model.statement import Statement, StatementKind
from gates.reporting.phrasing import duration
from gates.workflows.survey import release_now

run_option = click.option(
    "--run",
    "run_folder",
    type=RUN_FOLDER,
    help="Folder of the run whose release is meant; default: what is deployed now.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signs, in which role, why, until when, and with which key file of OpenSSH, if any."""

    by: str
    role: str
    reason: str
    links: tuple[str, ...]
    expires: datetime
    key: Path | None


def expiry(text: str, now: datetime) -> datetime:
    """Return the moment that a term or a date means.

    Raises:
        UsageError: it is neither, or it has passed.
    """
    term = duration_of(text)
    try:
        at = datetime.fromisoformat(text) if term is None else now + term
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--expires {text} is not a time", next_step="write 12h, 30d or 2026-12-31"
        ) from error
    if at <= now:
        raise UsageError(f"--expires {text} has passed", next_step="name a later time")
    return at


def signing_options(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Add the options of everything that is signed; the command gets them as its `signature`."""

    def run(
        *args: Any,
        by: str,
        role: str,
        reason: str,
        links: tuple[str, ...],
        expires: datetime,
        key: Path | None,
        **rest: Any,
    ) -> ExitCode:
        signature = Signature(by=by, role=role, reason=reason, links=links, expires=expires, key=key)
        return command(*args, signature=signature, **rest)

    wrapped: Callable[..., ExitCode] = functools.update_wrapper(run, command)
    for option in (
        click.option(
            "--key",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            help="Ed25519 key file of OpenSSH; without it the text is written and its signing command shown.",
        ),
        click.option(
            "--expires",
            type=lambda text: expiry(text, datetime.now(UTC)),
            metavar="TEXT",
            default="30d",
            show_default=True,
            help="12h, 30d, or a date like 2026-12-31.",
        ),
        click.option("--link", "links", type=LINK, multiple=True, help="Where the proof is. Repeatable."),
        click.option("--reason", type=REASON, required=True, help="Why it holds, in a sentence."),
        click.option("--role", required=True, help="The role in which you sign."),
        click.option("--by", type=PERSON, required=True, help="Who signs: your name in allowed_signers."),
    ):
        wrapped = option(wrapped)
    return wrapped


def statement(
    signature: Signature,
    now: datetime,
    *,
    kind: StatementKind,
    environment: str,
    subject: str,
    digest: str,
    longest: timedelta | None = None,
    service: str | None = None,
    refuses: bool = False,
) -> Statement:
    """Return what a person states about `subject`, bound to `digest`; `refuses` says that it does not hold.

    What can count for `longest` only is signed for as long as that, and this is printed.
    """
    expires_at = signature.expires
    if longest is not None and expires_at > now + longest:
        expires_at = now + longest
        until = f"{expires_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{subject} counts for {duration(longest)} at most, so it stops on {until}")
    return Statement(
        kind=kind,
        environment=environment,
        subject=subject,
        digest=digest,
        by=signature.by,
        role=signature.role,
        reason=signature.reason,
        links=signature.links,
        issued_at=now,
        expires_at=expires_at,
        service=service,
        refuses=refuses,
    )


def release_meant(context: composition.Context, run_folder: Path | None) -> Release:
    """Return the release of a run, or the one that is deployed now.

    Raises:
        UsageError: the run is about another environment.
    """
    if run_folder is not None:
        release = composition.open_run_folder(run_folder).read_setup().release
        if release.environment != context.environment_name:
            raise UsageError(f"the run is about {release.environment}", next_step="name that with --env")
        return release
    return release_now(context.ports, context.platform, context.environment)


def checked_role(context: composition.Context, role: str, wanted: str, what: str) -> str:
    """Return the role after checking that it is the one that may sign.

    Raises:
        UsageError: another role signs this.
    """
    if role not in context.platform.roles:
        refuse_unknown("role", (role,), context.platform.roles)
    if role != wanted:
        raise UsageError(f"{what} is for the {wanted} to sign, not for the {role}")
    return role


def tell_when_it_counts(context: composition.Context, run_folder: Path | None) -> None:
    """Print when the signed statement takes effect, and the command that applies it to an earlier run."""
    env = context.environment_name
    if run_folder is not None:
        click.echo(f"it counts when the run is judged again: gate judge {run_folder} --again --env {env}")
    else:
        click.echo("it counts in every later run; for one that was looked at already: gate judge RUN --again")


def tell_written(statement: Statement, file: Path, command: str) -> None:
    """Print the statement's file, and its expiry or the command that signs it."""
    if command:
        click.echo(f"written, not signed yet: {file}")
        click.echo(f"sign it: {command}")
    else:
        click.echo(f"signed until {statement.expires_at:%Y-%m-%d %H:%M} UTC: {file}")

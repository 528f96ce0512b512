"""`--override CHECK=REASON`: overrides a safety check; the ledger records the reason."""

from __future__ import annotations

import click

from gates.decision.safety_checks import Guard
from gates.errors import UsageError
from gates.model.likeness import refuse_unknown

_FORMER_NAMES = {"tombstone": "quarantine"}


def _lifted(_ctx: click.Context, _param: click.Parameter, pairs: tuple[str, ...]) -> dict[Guard, str]:
    """Return the safety checks that a person overrides, each with the reason.

    Raises:
        UsageError: there is no such safety check, or no reason is given.
    """
    found: dict[Guard, str] = {}
    for pair in pairs:
        name, _, reason = pair.partition("=")
        name = _FORMER_NAMES.get(name, name)
        refuse_unknown("safety check", (name,), [check.value for check in Guard])
        if not reason.strip():
            raise UsageError(f"--override {pair} gives no reason", next_step=f'write {name}="why"')
        found[Guard(name)] = reason.strip()
    return found


override_option = click.option(
    "--override",
    "overrides",
    multiple=True,
    callback=_lifted,
    metavar="CHECK=REASON",
    help="Override a safety check and record why. Repeatable.",
)

"""`--override GUARD=REASON`: a person's word that lifts a guard; the ledger keeps it."""

from __future__ import annotations

import click

from gates.decision.safety_checks import Guard
from gates.errors import UsageError

override_option = click.option(
    "--override", "overrides", multiple=True, metavar="GUARD=REASON", help="Lift a guard."
)


def lifted(pairs: object) -> dict[Guard, str]:
    """Return the guards that a person lifts, each with the reason.

    Raises:
        UsageError: there is no such guard, or no reason.
    """
    found: dict[Guard, str] = {}
    for pair in pairs if isinstance(pairs, tuple) else ():
        name, _, reason = str(pair).partition("=")
        if name not in set(Guard) or not reason.strip():
            known = ", ".join(Guard)
            raise UsageError(f"--override {pair}", next_step=f"write GUARD=REASON; guards: {known}")
        found[Guard(name)] = reason.strip()
    return found

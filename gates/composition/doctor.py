"""What a machine and an environment lack: each part is asked for, and its error is the finding."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial

from gates.adapters.machine.settings import project_root
from gates.composition.environment import Context
from gates.errors import GateError
from gates.model.platform import Environment
from gates.operations.permissions import Grants, missing, needed


def findings(context: Context, commands: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield what was looked at, and what is wrong with it; an empty text when nothing is.

    The permissions are those that the `commands` need, or all.
    """
    from gates.adapters.runs.allure_report import node_problem
    from gates.adapters.secrets import resolve

    is_built = (project_root() / "tools" / "allure" / "node_modules").is_dir()
    yield f"Python {sys.version.split()[0]}", "" if sys.version_info >= (3, 11) else "3.11 is needed"
    yield "Node for the Allure page", node_problem()
    yield "Allure generator", "" if is_built else "run `make setup`"
    yield "platform and catalogue", _trouble(lambda: context.catalogue)
    trouble = _trouble(lambda: context.environment)
    yield f"environment {context.environment_name}", trouble
    if trouble:  # nothing behind it can be looked at
        return
    yield "ledger", _trouble(lambda: context.ledger.operations(context.environment.name))
    yield "allowed signers", _trouble(lambda: context.statements)
    trouble = _trouble(lambda: context.cloud)
    yield "credentials of the cloud", trouble
    for service in context.platform.service_names if not trouble else ():
        yield f"cloud API: {service}", _trouble(partial(context.cloud.describe, service))
    if not trouble:
        yield from _permissions(context, commands)
    local = context.environment.endpoints.apis_grpc
    for name, reference in context.environment.identities:
        yield f"identity {name}", _trouble(partial(resolve, reference, endpoint=local))
    for name, reference in context.environment.notifications:
        yield f"channel {name}", _trouble(partial(resolve, reference, endpoint=local))
    for problem in context.authorities.unreadable():
        yield "standing authorities", problem
    for grant in context.authorities.all(datetime.now(UTC)):
        one = grant.authority
        yield f"standing authority {one.priority} of {one.by}", grant.objection


def permissions_of(place: Environment) -> Grants:
    """Return what says what the gate's own account may do in an environment."""
    from gates.adapters.google.iam_permissions import IamPermissions

    return IamPermissions(place)


def _permissions(context: Context, commands: Sequence[str]) -> Iterator[tuple[str, str]]:
    place, lacking = context.environment, []
    try:
        for one in missing(permissions_of(place), place, context.platform.service_names, commands):
            lacking.append(one.permission)
            yield f"permission {one.permission}", str(one)
    except GateError as error:
        yield "permissions", error.diagnostics().replace("\n  → ", "; ")
        return
    if not lacking:
        yield f"permissions ({len(needed(place, commands))} asked for)", ""


def _trouble(look: Callable[[], object]) -> str:
    try:
        look()
    except GateError as error:
        return error.diagnostics().replace("\n  → ", "; ")
    return ""

"""`gate doctor`: what this machine and this environment lack, each with the next step."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

import click

from gates import composition
from gates.adapters.secrets import resolve
from gates.cli.options import environment_option
from gates.cli.reports import Report, reporting
from gates.errors import GateError
from gates.model.exit_code import ExitCode
from gates.reporting.layout import Row

_OLDEST_NODE = 20


@click.command()
@environment_option
@reporting
def doctor(env: str) -> Report:
    """Look at Python, Node, the documents, the ledger, the cloud's API, the secrets and the authorities."""
    found = list(_findings(composition.Context(env)))
    return Report(
        code=ExitCode.USAGE_ERROR if any(problem for _, problem in found) else ExitCode.GO,
        lines=[
            Row(f"{'LACKS' if problem else 'ok':5}  ", f"{name}{': ' + problem if problem else ''}")
            for name, problem in found
        ],
        document={
            "environment": env,
            "checks": [{"name": name, "problem": problem} for name, problem in found],
        },
    )


def _findings(context: composition.Context) -> Iterator[tuple[str, str]]:
    yield f"Python {sys.version.split()[0]}", "" if sys.version_info >= (3, 11) else "3.11 is needed"
    yield "Node for the Allure page", _node()
    yield "Allure generator", _generator()
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
    local = context.environment.endpoints.apis_grpc
    for name, reference in context.environment.identities:
        yield f"identity {name}", _trouble(partial(resolve, reference, endpoint=local))
    for name, reference in context.environment.notifications:
        yield f"channel {name}", _trouble(partial(resolve, reference, endpoint=local))
    for problem in context.authorities.unreadable():
        yield "standing authorities", problem
    for standing in context.authorities.all(datetime.now(UTC)):
        one = standing.authority
        yield f"standing authority {one.priority} of {one.by}", standing.objection


def _generator() -> str:
    is_there = (composition.project_root() / "tools" / "allure" / "node_modules").is_dir()
    return "" if is_there else "run `make setup`"


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        return f"not found: install Node {_OLDEST_NODE} or newer"
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    return "" if major.isdigit() and int(major) >= _OLDEST_NODE else f"{said} is too old"


def _trouble(look: Callable[[], object]) -> str:
    try:
        look()
    except GateError as error:
        return error.diagnostics().replace("\n  → ", "; ")
    return ""

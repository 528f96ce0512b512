"""A misspelt name is answered the same way by every command: what was meant, what is valid, no line."""

from __future__ import annotations

import pytest

from gates import cli
from gates.model.exit_code import ExitCode

SANDBOX = ("--env", "sandbox")
STAGING = ("--env", "staging")
SIGNER = ("--role", "operations-manager", "--by", "somebody", "--reason", "because")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("check", "auth-servce", *STAGING), "auth-service"),
        (("rollback", "auth-servce", "--yes", *STAGING), "auth-service"),
        (("attest", "OPS-O1", *STAGING, *SIGNER), "OPS-01"),
        (("auth", "logn", *STAGING), "login"),
        (("synthetic", "soc_managr_workflow", *STAGING), "soc_manager_workflow"),
        (("load", "smok", *STAGING), "smoke"),
        (("criteria", "lint", "--format", "plai"), ""),
        (("criteria", "explain", "hlt-redy"), "HLT-READY"),
        (("criteria", "list", "--stage", "imediate"), "immediate"),
        (("run", "--stage", "imediate", *STAGING), "immediate"),
        (("check", "--env", "stagng"), "staging"),
        (("runbook", "run", "triag", *STAGING), "triage"),
        (("authority", "grant", "P00", *STAGING, *SIGNER), "P0"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_one_that_was_meant(
    words: tuple[str, ...], wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Services, criteria, flows, journeys, profiles, stages, environments, runbooks, priorities."""
    assert cli.invoke([*words]) is ExitCode.USAGE_ERROR
    said = capsys.readouterr().err
    assert ":1:1" not in said
    if wanted:
        assert f"did you mean '{wanted}'?" in said

"""The exit code says what happened; a rollback that nobody proved is not one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.decision.ending import exit_code
from gates.model.exit_code import ExitCode
from gates.model.receipt import ReceiptState
from tests.support.sample_verdict import bad_verdict, decision, good_verdict, receipt


@pytest.mark.parametrize(
    ("state", "is_verified", "code"),
    [
        (ReceiptState.DONE, True, ExitCode.ROLLED_BACK),
        (ReceiptState.ALREADY_DONE, True, ExitCode.ROLLED_BACK),
        (ReceiptState.DONE, False, ExitCode.ACTION_FAILED),
        (ReceiptState.ALREADY_DONE, False, ExitCode.ACTION_FAILED),
        (ReceiptState.FAILED, True, ExitCode.ACTION_FAILED),
        (ReceiptState.DRY_RUN, True, ExitCode.NO_GO),
    ],
)
def test_a_rollback_counts_only_when_the_service_proved_it(
    *,
    state: ReceiptState,
    is_verified: bool,
    code: ExitCode,
) -> None:
    """Done is what was written; proved is what answers afterwards."""
    done = replace(receipt(), state=state, is_verified=is_verified)

    assert exit_code(bad_verdict(), decision(), (done,), was_to_act=True) is code


def test_a_go_is_zero_and_nothing_else_is() -> None:
    """Only a GO is zero."""
    assert exit_code(good_verdict(), decision(), (), was_to_act=False) is ExitCode.GO
    assert exit_code(bad_verdict(), decision(), (), was_to_act=False) is ExitCode.NO_GO

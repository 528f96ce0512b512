"""References to secrets: what they lead to, and which values no file may hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.secrets import resolve, sensitive
from gates.errors import ConfigurationError
from gates.model.decision import Decision, DecisionKind
from gates.reporting.redaction import Redactor

ANALYST = {
    "username": "ana",
    "password": "Correct-Horse-1",
    "totp_secret": "JBSWY3DPEHPK3PXP",
    "tenant": "acme",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A secrets file with an analyst and a signing key."""
    path = tmp_path / "identities.json"
    entries = {"analyst": ANALYST, "forger": {"jwk": {"kty": "OKP", "d": "privatekeyvalue"}}}
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


def test_both_kinds_of_reference_lead_to_their_object(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's entry and an environment variable hold the same JSON object."""
    monkeypatch.setenv("GATE_TEST_ANALYST", json.dumps(ANALYST))

    assert resolve(f"file:{file}#analyst") == resolve("env:GATE_TEST_ANALYST") == ANALYST


@pytest.mark.parametrize("reference", ["env:GATE_TEST_NOWHERE", "file:nowhere.json#x", "vault:x", "env:", ""])
def test_a_reference_that_leads_nowhere_says_what_to_do(reference: str) -> None:
    """The error names the reference and a next step."""
    with pytest.raises(ConfigurationError) as caught:
        resolve(reference)
    assert caught.value.next_step


def test_a_vault_that_is_silent_says_what_to_do() -> None:
    """No answer is no secret, and no silence of its own."""
    with pytest.raises(ConfigurationError, match="could not read projects/p") as caught:
        resolve("secret:projects/p/secrets/s/versions/1", endpoint="127.0.0.1:1")
    assert caught.value.next_step


def test_what_is_no_object_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The value of a broken secret never stands in the message."""
    for value in ('"Correct-Horse-1"', "Correct-Horse-1"):
        monkeypatch.setenv("GATE_TEST_BROKEN", value)
        with pytest.raises(ConfigurationError) as caught:
            resolve("env:GATE_TEST_BROKEN")
        assert "Correct-Horse-1" not in caught.value.diagnostics()


def test_a_run_folder_never_holds_the_value_of_an_identity(file: Path, tmp_path: Path) -> None:
    """Passwords, one-time secrets and private keys are found by value, wherever a service repeats them."""
    known = sensitive([f"file:{file}#analyst", f"file:{file}#forger", "env:GATE_TEST_NOWHERE"])
    assert known == ("Correct-Horse-1", "JBSWY3DPEHPK3PXP", "privatekeyvalue")

    folder = RunFolder.create(tmp_path, "run-1", Redactor(known))
    folder.write_decision(Decision(kind=DecisionKind.HOLD, because=(f"it said {' and '.join(known)}",)))
    written = (folder.path / "decision.json").read_text(encoding="utf-8")
    assert "it said" in written
    assert [value for value in known if value in written] == []

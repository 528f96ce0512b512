"""Which identities' secrets are known to be right: exactly those that opened the door here before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.producers.known_credentials import KnownCredentials, let_in
from gates.model.platform import Environment
from tests.support.builders import environment
from tests.support.fake_clock import FakeClock
from tests.support.fake_cloud import FakeLedger

PLACE = environment(
    name="staging",
    identities=(("viewer", "env:VIEWER"), ("admin", "env:ADMIN"), ("gone", "env:NOT_THERE")),
)


def book(ledger: FakeLedger, place: Environment = PLACE) -> KnownCredentials:
    """Return the book of an environment."""
    return KnownCredentials(ledger, place, FakeClock())


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> FakeLedger:
    """Give an empty ledger beside the secrets of two identities."""
    for name in ("VIEWER", "ADMIN"):
        monkeypatch.setenv(name, json.dumps({"username": name, "password": f"{name}-secret"}))
    monkeypatch.delenv("NOT_THERE", raising=False)
    return FakeLedger(clock=FakeClock())


def test_who_was_let_in_is_known_until_the_secret_changes(
    ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another password was never accepted; the old one still was."""
    assert book(ledger).accepted() == ()
    book(ledger).remember(["viewer", "gone", "nobody"])
    assert book(ledger).accepted() == ("viewer",)
    right = json.dumps({"username": "VIEWER", "password": "VIEWER-secret"})
    monkeypatch.setenv("VIEWER", right.replace("secret", "other"))
    assert book(ledger).accepted() == ()
    monkeypatch.setenv("VIEWER", right)
    assert book(ledger).accepted() == ("viewer",)


def test_what_is_known_is_not_written_down_again(ledger: FakeLedger) -> None:
    """The ledger only grows, so it grows by news alone; and it holds no secret."""
    for _ in range(3):
        book(ledger).remember(["viewer", "admin"])
    assert [one.subject for one in ledger.recorded] == ["viewer", "admin"]
    assert "secret" not in "".join(one.after for one in ledger.recorded)


def test_another_environment_knows_nothing_of_it(ledger: FakeLedger) -> None:
    """The same account may be closed there, and its fingerprint is another."""
    elsewhere = replace(PLACE, name="production")
    book(ledger).remember(["viewer"])
    book(ledger, elsewhere).remember(["viewer"])
    here, there = ledger.recorded
    assert here.after != there.after
    assert book(ledger, replace(PLACE, name="sandbox")).accepted() == ()


def test_who_was_let_in_stands_beside_the_checks(tmp_path: Path) -> None:
    """Of a file that was cut off the whole lines count; of none, nothing."""
    file = tmp_path / "producers.jsonl"
    assert let_in(file) == frozenset()
    line = {"kind": "report", "properties": [["identity-accepted", "viewer"], ["requests", "3"]]}
    file.write_text(json.dumps(line) + '\n{"kind": "start"}\n[1]\n{"properties": [["identity-acc', "utf-8")
    assert let_in(file) == {"viewer"}

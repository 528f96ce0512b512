"""`gate run --sign-with`: a signed record of the verdict, in the run's folder and among the records."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gates import cli
from gates.adapters.machine import settings
from gates.adapters.signing import record_store
from gates.adapters.signing.qualification import configuration_digest
from gates.adapters.signing.record_envelope import opened
from gates.adapters.signing.record_keys import read_keys
from gates.model.exit_code import ExitCode
from gates.model.verdict import VerdictOutcome
from tests.support.fake_context import FakeContext
from tests.support.promotion import key_pair
from tests.support.release_run import Run, Seen, bad_auth, healthy

RUN = ["run", "--env", "sandbox", "--stage", "immediate", "--release", "r1"]


def taken(monkeypatch: pytest.MonkeyPatch, folder: Path, seen: Seen, key: str) -> tuple[FakeContext, int]:
    """Take a release through the gate with a key that signs; return the context and the exit code."""
    monkeypatch.setenv(settings.REPORTS, str(folder))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    context = FakeContext(Run(seen), folder).installed(monkeypatch)
    return context, cli.invoke([*RUN, "--sign-with", key])


@pytest.mark.parametrize(
    ("seen", "outcome"), [(healthy, VerdictOutcome.GO), (bad_auth, VerdictOutcome.NO_GO)]
)
def test_every_verdict_is_signed_and_put_where_the_next_environment_looks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seen: Seen, outcome: VerdictOutcome
) -> None:
    """A NO_GO too: it replaces the GO about the same images that came before it."""
    private, public = key_pair(tmp_path, "key")
    context, _ = taken(monkeypatch, tmp_path, seen, str(private))
    content = (tmp_path / "r1" / "attestation.dsse.json").read_bytes()
    record = opened(content, read_keys(public), source="r1")
    setup = context.open_run_folder(tmp_path / "r1").read_setup()
    place = record_store.place_of(str(tmp_path / "records"), "sandbox", setup.scope.stage, setup.release)

    assert (record.run_id, record.environment, record.outcome) == ("r1", "sandbox", outcome)
    assert record.configuration_digest == configuration_digest(context.platform, context.environment)
    assert Path(place).read_bytes() == content


def test_a_go_whose_record_cannot_be_signed_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4, and the key that is missing."""
    _, code = taken(monkeypatch, tmp_path, healthy, str(tmp_path / "no-key"))

    assert code == ExitCode.USAGE_ERROR
    assert "no-key cannot be used" in capsys.readouterr().err


def test_a_no_go_whose_record_cannot_be_signed_stays_no_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be signed is said, and stops nothing."""
    _, code = taken(monkeypatch, tmp_path, bad_auth, str(tmp_path / "no-key"))

    assert code == ExitCode.NO_GO
    assert "NOT SIGNED" in caplog.text


def test_without_a_key_nothing_is_signed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A record is asked for, by the option or by the environment's document."""
    taken(monkeypatch, tmp_path, healthy, "")

    assert not (tmp_path / "r1" / "attestation.dsse.json").exists()
    assert not (tmp_path / "records").exists()

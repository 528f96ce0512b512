"""`gate authority grant | revoke | list`: whose word lets the gate act, as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.cli import invoke
from gates.model.exit_code import ExitCode
from tests.support.signing import signed_platform

ROLES = ("on-call-engineer", "team-lead")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give staging two signers and a folder for grants; return the folder of all."""
    monkeypatch.setenv("GATE_PLATFORM", str(signed_platform(tmp_path, ROLES)))
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    monkeypatch.setenv("GATE_STANDING_FOLDER", str(tmp_path / "standing"))
    return tmp_path


def state(folder: Path, what: str, *more: str, role: str = "on-call-engineer", key: str = "") -> ExitCode:
    """Grant or revoke P0 in staging with the key of the role."""
    who = ("--role", role, "--by", f"{role}-1", "--reason", "agreed in the review")
    signed = ("--key", str(folder / (key or role))) if key != "none" else ()
    return invoke(["authority", what, "P0", "--env", "staging", *who, *signed, *more])


def listed(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the list says now."""
    capsys.readouterr()
    assert invoke(["authority", "list", "--env", "staging"]) is ExitCode.GO
    return capsys.readouterr().out


def test_a_grant_is_in_force_until_it_is_taken_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing, a signed grant, an unsigned revocation: who is asked follows at once."""
    assert "P0: nothing in force, so every rollback asks the on-call-engineer" in listed(capsys)
    assert state(folder, "grant", "--service", "auth-service") is ExitCode.GO
    told = listed(capsys)
    assert "P0 auth-service, by on-call-engineer-1 (on-call-engineer), until " in told
    assert told.splitlines()[0].endswith("in force")
    assert state(folder, "revoke", key="none") is ExitCode.GO
    told = listed(capsys)
    assert "VOID: on-call-engineer-1 took it back" in told
    assert "P0: nothing in force" in told


@pytest.mark.parametrize(
    ("more", "options", "said"),
    [
        ((), {"role": "team-lead"}, "P0 is for the on-call-engineer to sign"),
        ((), {"key": "team-lead"}, "may not sign as on-call-engineer with that key"),
        (("--expires", "91d"), {}, "at most 90 days"),
        (("--service", "auth"), {}, "no service auth"),
    ],
)
def test_a_grant_that_would_not_hold_is_not_kept(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    options: dict[str, str],
    said: str,
) -> None:
    """Another role, another's key, too long, no such service: refused with the reason."""
    assert state(folder, "grant", *more, **options) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert list((folder / "standing").glob("*")) == []


def test_without_a_folder_for_grants_there_are_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An environment that names none asks a person, and says where to write it."""
    file = folder / "isectech" / "environments" / "staging.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "standingAuthority" not in line))

    assert "P0: nothing in force" in listed(capsys)
    assert state(folder, "grant") is ExitCode.USAGE_ERROR
    assert "standingAuthority: FOLDER" in capsys.readouterr().err


def test_a_grant_that_cannot_be_read_is_listed_with_its_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing in force is no answer when a file is there: which file, and why it says nothing."""
    assert state(folder, "grant") is ExitCode.GO
    (written,) = (folder / "standing").glob("*.json")
    written.write_bytes(written.read_bytes().replace(b"\n", b"\r\n"))
    told = listed(capsys)
    assert "P0: nothing in force" in told
    assert written.name in told
    assert "CR LF" in told

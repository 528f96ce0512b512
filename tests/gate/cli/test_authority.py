"""`gate authority grant | revoke | list`: whose word lets the gate act, as a person types it."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest

from gates.cli import invoke
from gates.model.exit_code import ExitCode
from tests.support.signing import key_file

SHIPPED = Path(__file__).parents[3] / "platforms" / "isectech"
ROLES = ("on-call-engineer", "team-lead")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give staging two signers and a folder for grants; return the folder of all."""
    platform = Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))
    lines = []
    for role in ROLES:
        _, public = key_file(tmp_path, role)
        key = base64.b64encode(public).decode()
        lines.append(f'{role}-1 namespaces="gate-{role}@isectech" ssh-ed25519 {key}\n')
    (platform / "allowed_signers").write_text("".join(lines))
    monkeypatch.setenv("GATE_PLATFORM", str(platform))
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    monkeypatch.setenv("GATE_STANDING_FOLDER", str(tmp_path / "standing"))
    return tmp_path


def state(desk: Path, what: str, *more: str, role: str = "on-call-engineer", key: str = "") -> ExitCode:
    """Grant or revoke P0 in staging with the key of the role."""
    who = ("--role", role, "--by", f"{role}-1", "--reason", "agreed in the review")
    signed = ("--key", str(desk / (key or role))) if key != "none" else ()
    return invoke(["authority", what, "P0", "--env", "staging", *who, *signed, *more])


def listed(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the list says now."""
    capsys.readouterr()
    assert invoke(["authority", "list", "--env", "staging"]) is ExitCode.GO
    return capsys.readouterr().out


def test_a_grant_is_in_force_until_it_is_taken_back(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing, a signed grant, an unsigned revocation: who is asked follows at once."""
    assert "P0: nothing in force, so every rollback asks the on-call-engineer" in listed(capsys)
    assert state(desk, "grant", "--service", "auth-service") is ExitCode.GO
    told = listed(capsys)
    assert "P0 auth-service, by on-call-engineer-1 (on-call-engineer), until " in told
    assert told.splitlines()[0].endswith("in force")
    assert state(desk, "revoke", key="none") is ExitCode.GO
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
    desk: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    options: dict[str, str],
    said: str,
) -> None:
    """Another role, another's key, too long, no such service: refused with the reason."""
    assert state(desk, "grant", *more, **options) is ExitCode.USAGE_ERROR
    assert said in capsys.readouterr().err
    assert list((desk / "standing").glob("*")) == []


def test_without_a_folder_for_grants_there_are_none(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An environment that names none asks a person, and says where to write it."""
    file = desk / "isectech" / "environments" / "staging.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if "standingAuthority" not in line))

    assert "P0: nothing in force" in listed(capsys)
    assert state(desk, "grant") is ExitCode.USAGE_ERROR
    assert "standingAuthority: FOLDER" in capsys.readouterr().err


def test_a_grant_that_cannot_be_read_is_listed_with_its_reason(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing in force is no answer when a file is there: which file, and why it says nothing."""
    assert state(desk, "grant") is ExitCode.GO
    (written,) = (desk / "standing").glob("*.json")
    written.write_bytes(written.read_bytes().replace(b"\n", b"\r\n"))
    told = listed(capsys)
    assert "P0: nothing in force" in told
    assert written.name in told
    assert "CR LF" in told

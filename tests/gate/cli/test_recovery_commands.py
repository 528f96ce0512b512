"""Commands about the database, backups, images and snapshots: what they show and what they refuse."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from gates import cli
from gates.adapters.runs.snapshots import SnapshotFolder
from gates.model.configuration import Scaling
from gates.model.exit_code import ExitCode
from tests.support.fake_operations import backup, database
from tests.support.fake_room import FakeOperations


def run(command: str) -> ExitCode:
    """Run one command line in the sandbox."""
    return cli.invoke([*command.split(), "--env", "sandbox"])


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


def test_the_state_of_the_database_is_shown(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 when it does not run."""
    assert run("db state") is ExitCode.GO
    assert "SUN 02:00 UTC" in capsys.readouterr().out
    operations.sql.found = replace(operations.sql.found, state="SUSPENDED")
    assert run("db state") is ExitCode.NO_GO


def test_the_window_is_shown_and_moved(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day needs an hour."""
    assert run("db maintenance-window") is ExitCode.GO
    assert capsys.readouterr().out == "SUN 02:00 UTC\n"
    assert run("db maintenance-window --day mon") is ExitCode.USAGE_ERROR
    assert run("db maintenance-window --day mon --hour 3") is ExitCode.GO
    assert operations.sql.done == ["window 1 3"]


@pytest.mark.parametrize("command", ["db restart", "restore b-1"])
def test_destructive_commands_want_a_role_and_the_typed_name(
    operations: FakeOperations, command: str
) -> None:
    """--yes is not enough, another role neither; a dry run needs no typing."""
    operations.sql.stored = (backup("b-1", age_s=60),)
    assert run(command) is ExitCode.USAGE_ERROR
    assert run(f"{command} --role owner --confirm the-db") is ExitCode.USAGE_ERROR
    assert run(f"{command} --role on-call --yes") is ExitCode.USAGE_ERROR
    assert run(f"{command} --role on-call --confirm other") is ExitCode.USAGE_ERROR
    assert run(f"{command} --role on-call --dry-run") is ExitCode.GO
    assert operations.sql.done == []
    assert run(f"{command} --role on-call --confirm the-db") is ExitCode.GO
    assert len(operations.sql.done) == 1


def test_backups_are_taken_and_listed(operations: FakeOperations, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list is 1, never all good."""
    assert run("backup list") is ExitCode.NO_GO
    assert run("backup create") is ExitCode.GO
    assert run("backup list --limit 1") is ExitCode.GO
    assert "new  SUCCESSFUL" in capsys.readouterr().out


def test_freshness_is_compared_with_each_tier(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fake clock's backups are years old, so the objective is missed; without one everything is lost."""
    operations.sql = database(backup("b-1", age_s=60))
    assert run("backup freshness") is ExitCode.NO_GO
    assert "MISS  critical" in capsys.readouterr().out
    operations.sql = database()
    assert run("backup freshness") is ExitCode.NO_GO
    assert "everything" in capsys.readouterr().out


def test_a_snapshot_finds_what_drifted(
    operations: FakeOperations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing right after it, one line after a change."""
    operations.snapshots = SnapshotFolder(tmp_path, "sandbox", lambda document: document)
    assert run("snapshot diff") is ExitCode.NOTHING_EVALUATED
    assert run("snapshot create") is ExitCode.GO
    assert run("snapshot diff") is ExitCode.GO
    before = operations.configuration.settings("a").scaling
    operations.configuration.set_scaling("a", Scaling(minimum=3, maximum=0), over=before)
    assert run("snapshot diff") is ExitCode.NO_GO
    assert "a.scaling.minimum: 1 → 3" in capsys.readouterr().out


def test_a_revision_without_its_image_is_shown(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """Service b has none in the repository."""
    assert run("images") is ExitCode.NO_GO
    shown = capsys.readouterr().out
    assert "MISSING  the image of b-2" in shown
    assert "2 of 4 revisions have theirs" in shown


def test_the_precheck_names_what_lacks(
    operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """Green with everything, red without an API."""
    assert run("precheck") is ExitCode.GO
    operations.inventory.apis = frozenset()
    assert run("precheck") is ExitCode.NO_GO
    assert "LACKS  the API run.googleapis.com" in capsys.readouterr().out

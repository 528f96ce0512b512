"""The project is found by what it holds, in every working directory, or refused with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.machine import settings
from gates.errors import ConfigurationError

CHECKOUT = Path(__file__).parents[4]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds a platform, and no variable that says otherwise."""
    for name in (settings.ROOT, settings.PLATFORM, settings.REPORTS):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "platforms" / "ours").mkdir(parents=True)
    (tmp_path / "platforms" / "ours" / "platform.yaml").touch()
    (tmp_path / "deep" / "below").mkdir(parents=True)
    return tmp_path


def test_the_nearest_folder_that_holds_a_platform_is_the_root(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the root a path stays short; below it the root stands before it; an absolute one is left alone."""
    monkeypatch.chdir(project)
    assert (settings.project_root(), settings.reports_folder()) == (project, Path("reports"))
    monkeypatch.chdir(project / "deep" / "below")
    assert settings.project_root() == project
    assert settings.reports_folder() == project / "reports"
    assert settings.ledger_path() == project / "reports" / "gate.sqlite3"
    assert settings.from_root("/elsewhere/x") == Path("/elsewhere/x")


def test_a_variable_is_relative_to_the_root_and_not_to_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reaches the producers' process, which runs in the root."""
    monkeypatch.setenv(settings.PLATFORM, "platforms/ours")
    monkeypatch.setenv(settings.REPORTS, "/var/runs")
    monkeypatch.chdir(project / "deep")
    assert settings.platform_folder() == project / "platforms" / "ours"
    assert settings.reports_folder() == Path("/var/runs")


def test_the_only_platform_is_the_one_that_is_meant(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a second one, or none, the variable is demanded, and the message names what is there."""
    monkeypatch.setenv(settings.ROOT, str(project))
    (project / "platforms" / "notes").mkdir()
    assert settings.platform_folder() == project / "platforms" / "ours"
    second = project / "platforms" / "theirs"
    second.mkdir()
    (second / "platform.yaml").touch()
    with pytest.raises(ConfigurationError, match="platforms/ours, platforms/theirs"):
        settings.platform_folder()
    monkeypatch.setenv(settings.PLATFORM, "platforms/theirs")
    assert settings.platform_folder() == second
    monkeypatch.delenv(settings.PLATFORM)
    for name in ("ours", "theirs"):
        (project / "platforms" / name / "platform.yaml").unlink()
    with pytest.raises(ConfigurationError, match="none"):
        settings.platform_folder()


def test_elsewhere_the_checkout_of_the_gate_is_the_project(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own program can be called by its path from anywhere; GATE_ROOT says otherwise."""
    monkeypatch.chdir("/")
    assert settings.project_root() == CHECKOUT
    monkeypatch.setenv(settings.ROOT, str(project))
    assert settings.project_root() == project
    for wrong in (str(tmp_path / "nothing"), "platforms"):
        monkeypatch.setenv(settings.ROOT, wrong)
        with pytest.raises(ConfigurationError, match="not the absolute path of a folder"):
            settings.project_root()


def test_without_a_project_nothing_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed gate far from every project says where it looked, and what to do."""
    monkeypatch.delenv(settings.ROOT, raising=False)
    monkeypatch.setattr(settings, "_CHECKOUT", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=str(tmp_path)) as raised:
        settings.from_root("reports")
    assert settings.ROOT in raised.value.next_step
    assert settings.from_root("/var/runs") == Path("/var/runs")


def test_a_working_directory_that_is_gone_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose folder was cleaned away."""
    monkeypatch.delenv(settings.ROOT, raising=False)
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(ConfigurationError, match="working directory is gone"):
        settings.project_root()


def test_a_criterion_knows_the_document_and_the_line_that_demand_it() -> None:
    """Its id stands at or right after that line."""
    folder = CHECKOUT / "platforms" / "isectech"
    for criterion in load_catalogue(folder, load_platform(folder)).criteria:
        lines = (CHECKOUT / criterion.document).read_text(encoding="utf-8").splitlines()
        assert any(criterion.id in line for line in lines[criterion.line - 1 : criterion.line + 1])


def test_what_is_handed_down_is_found_by_name_and_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only variables of the gate are told; one that is taken reaches nobody else."""
    monkeypatch.setenv(settings.LIFELINE, "")
    monkeypatch.setenv("OTHER", "x")
    settings.hand_down(settings.LIFELINE, "7")
    assert settings.values()[settings.LIFELINE] == "7"
    assert "OTHER" not in settings.values()
    assert (settings.taken(settings.LIFELINE), settings.value(settings.LIFELINE)) == ("7", "")

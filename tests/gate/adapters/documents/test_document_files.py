"""Every document of a platform's folder is read, or named as one that nobody reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates import cli
from gates.adapters.documents.document_files import unread
from gates.adapters.documents.documents import environment_names, load_catalogue, load_platform
from gates.adapters.documents.runbook_document import runbook_names
from gates.errors import DocumentError
from gates.model.exit_code import ExitCode

SHIPPED = Path(__file__).parents[4] / "platforms" / "isectech"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the platform, named to the commands."""
    copy = Path(shutil.copytree(SHIPPED, tmp_path / "ours"))
    monkeypatch.setenv("GATE_PLATFORM", str(copy))
    return copy


def extra(folder: Path, name: str) -> Path:
    """Write the health criteria again, under other ids, as a document of that name."""
    text = (folder / "criteria" / "health.yaml").read_text(encoding="utf-8")
    text = text.replace("HLT-", "XTR-").replace("name: health", "name: extra")
    path = folder / "criteria" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_document_may_end_with_yml(folder: Path) -> None:
    """Criteria, environments, runbooks and the platform itself: what it demands is demanded."""
    below = ("criteria/health", "environments/staging", "runbooks/morning")
    for name in ("platform", "policy", "timeline", *below):
        (folder / f"{name}.yaml").rename(folder / f"{name}.yml")
    assert load_catalogue(folder, load_platform(folder)).find("HLT-LIVE") is not None
    assert "staging" in environment_names(folder)
    assert "morning" in runbook_names(folder)
    assert unread(folder, load_platform(folder).service_names) == ()


def test_two_documents_of_one_name_are_refused_by_name(folder: Path) -> None:
    """Nobody can say which of them counts."""
    shutil.copy(folder / "criteria" / "health.yaml", folder / "criteria" / "health.yml")
    with pytest.raises(DocumentError, match=r"health\.yml.*health\.yaml has the same name"):
        load_catalogue(folder, load_platform(folder))
    shutil.copy(folder / "platform.yaml", folder / "platform.yml")
    with pytest.raises(DocumentError, match=r"platform\.yml"):
        load_platform(folder)


@pytest.mark.parametrize("name", ["extra.YAML", "extra.Yml", "extra.json", "payments/extra.yaml"])
def test_what_looks_like_criteria_and_is_not_read_is_refused_by_name(folder: Path, name: str) -> None:
    """A demand that nobody reads would silently not be made."""
    platform = load_platform(folder)
    path = extra(folder, name)
    with pytest.raises(DocumentError, match="the gate does not read it") as raised:
        load_catalogue(folder, platform)
    assert str(path) in raised.value.cause
    assert cli.invoke(["criteria", "lint"]) is ExitCode.USAGE_ERROR


@pytest.mark.parametrize(
    "name",
    [
        *("criteria/extra.yaml.bak", "criteria/notes.txt", "environments/staging", "runbooks/morning.md"),
        *("openapi/auth-servce.json", "openapi/frontend.yaml", "polcy.yaml", "criteria/für alle.txt"),
    ],
)
def test_lint_names_every_file_that_nobody_reads(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Beside the documents of a kind, among the contracts, at the top."""
    (folder / name).write_text("{}", encoding="utf-8")
    assert cli.invoke(["criteria", "lint"]) is ExitCode.USAGE_ERROR
    assert f"{folder / name}:1:1: the gate does not read it" in capsys.readouterr().out


def test_what_editors_and_mounted_folders_keep_beside_is_no_document(folder: Path) -> None:
    """A mounted ConfigMap is a folder of links into a hidden one; an editor's lock leads nowhere."""
    criteria = folder / "criteria"
    hidden = criteria / "..2026_01_01"
    hidden.mkdir()
    (criteria / "..data").symlink_to(hidden.name)
    for path in sorted(criteria.glob("*.yaml")):
        path.rename(hidden / path.name)
        path.symlink_to(Path("..data") / path.name)
    (criteria / ".#health.yaml").symlink_to("somebody@somewhere.123")
    platform = load_platform(folder)
    assert load_catalogue(folder, platform).find("HLT-LIVE") is not None
    assert unread(folder, platform.service_names) == ()


def test_a_folder_without_criteria_is_named_without_a_line(folder: Path) -> None:
    """A folder has no line to look at."""
    platform = load_platform(folder)
    for path in (folder / "criteria").iterdir():
        path.unlink()
    with pytest.raises(DocumentError, match="demands nothing") as raised:
        load_catalogue(folder, platform)
    assert ":1:1" not in raised.value.cause

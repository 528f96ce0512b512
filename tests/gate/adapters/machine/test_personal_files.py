"""Files that the commands of one account share: private, whole, locked, and never a reason to fail."""

from __future__ import annotations

import multiprocessing
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.adapters.machine.personal_files import PersonalFiles, personal_files

_ROUNDS = 25


def test_what_is_written_is_read_by_the_next_command(tmp_path: Path) -> None:
    """The folder is made when it is missing, for this account alone."""
    folder = tmp_path / "missing" / "cache"
    PersonalFiles(folder).write("a", {"step": 1})
    assert PersonalFiles(folder).read("a") == {"step": 1}
    assert stat.S_IMODE((folder / "a.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert PersonalFiles(folder).read("b") == {}


def _link(file: Path) -> None:
    elsewhere = file.with_name("elsewhere")
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def _second_name(file: Path) -> None:
    os.link(file, file.with_name("second"))


@pytest.mark.parametrize(
    "attack",
    [
        _link,
        _second_name,
        lambda file: file.chmod(0o644),
        lambda file: file.parent.chmod(0o755),
        lambda file: os.chown(file, 12345, -1) if os.geteuid() == 0 else file.chmod(0o660),
        lambda file: os.chown(file.parent, 12345, -1) if os.geteuid() == 0 else file.parent.chmod(0o770),
    ],
)
def test_a_file_or_folder_that_others_could_have_made_is_not_used(
    tmp_path: Path, attack: Callable[[Path], object]
) -> None:
    """Nor is anything written to it."""
    files = PersonalFiles(tmp_path / "cache")
    files.write("a", {"token": "t"})
    attack(tmp_path / "cache" / "a.json")
    assert files.read("a") == {}
    assert files.trouble
    files.write("a", {"token": "mine"})  # from now on for this process alone
    assert files.read("a") == {"token": "mine"}
    assert "mine" not in (tmp_path / "cache" / "a.json").read_text()


def test_a_folder_behind_a_link_is_not_used(tmp_path: Path) -> None:
    """Whoever made the link chose the folder."""
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(tmp_path / "real")
    files = PersonalFiles(tmp_path / "cache")
    files.write("a", {})
    assert files.trouble
    assert list((tmp_path / "real").iterdir()) == []


def test_a_link_in_the_place_of_the_file_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    """Where it leads stays as it is."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    files = PersonalFiles(tmp_path / "cache")
    files.write("other", {})
    (tmp_path / "cache" / "a.json").symlink_to(victim)
    files.write("a", {"token": "t"})
    assert victim.read_text() == "precious"
    assert files.read("a") == {"token": "t"}


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\udcff"])
def test_a_damaged_file_is_no_entry(tmp_path: Path, text: str) -> None:
    """It is written anew the next time."""
    files = PersonalFiles(tmp_path)
    tmp_path.chmod(0o700)
    (tmp_path / "a.json").touch(mode=0o600)
    (tmp_path / "a.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert files.read("a") == {}
    assert not files.trouble


def test_a_home_that_cannot_be_written_is_said_and_the_command_goes_on(tmp_path: Path) -> None:
    """Alone, as if nothing was shared."""
    (tmp_path / "home").write_text("a file where a folder should be")
    files = PersonalFiles(tmp_path / "home" / "cache")
    with files.locked("a"):
        files.write("a", {"step": 1})
    assert "home" in files.trouble
    assert files.read("a") == {"step": 1}


def test_the_folder_is_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME counts when it is absolute, as the standard says."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    personal_files().write("a", {})
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert (tmp_path / "home" / ".cache" / "release-gate" / "a.json").is_file()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    personal_files().write("a", {})
    assert (tmp_path / "xdg" / "release-gate" / "a.json").is_file()


def test_an_account_without_a_home_gets_a_private_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the temporary files, by its number."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/")  # what container runtimes set for an account they do not know
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = personal_files()
    files.write("a", {})
    assert not files.trouble
    assert (tmp_path / f"release-gate-{os.geteuid()}" / "a.json").is_file()


def test_what_no_command_used_for_a_day_is_removed(tmp_path: Path) -> None:
    """Platforms of yesterday leave no tokens behind."""
    files = PersonalFiles(tmp_path / "cache")
    files.write("old", {"token": "t"})
    os.utime(tmp_path / "cache" / "old.json", (0, 0))
    files.write("new", {})
    assert files.read("old") == {}
    assert files.read("new") == {}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["new.json"]


def _count(folder: str) -> None:
    files = PersonalFiles(Path(folder))
    for _ in range(_ROUNDS):
        with files.locked("a"):
            files.write("a", {"n": files.read("a").get("n", 0) + 1})


def test_commands_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    """Without the lock, reading and writing between them would lose some."""
    spawn = multiprocessing.get_context("spawn")
    crowd = [spawn.Process(target=_count, args=(str(tmp_path / "cache"),)) for _ in range(3)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join(60)
    assert PersonalFiles(tmp_path / "cache").read("a") == {"n": 3 * _ROUNDS}

"""A file of a run gets its name once, on file systems without hard links too."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from gates.adapters.machine.exclusive import claim_of, flush_folder, install, make_readable
from gates.adapters.runs.run_folder import RunFolder
from gates.errors import ConfigurationError, UsageError
from gates.reporting.redaction import Redactor
from tests.support.sample_verdict import RUN_ID, bad_verdict, good_verdict

UNKNOWN_CALLS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EINVAL)


def refuse_links(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the machine's file system have no hard links, no permissions and no flushing of folders."""

    def refuse(*_given: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    for name in ("link", "fchmod", "fsync"):
        monkeypatch.setattr(os, name, refuse)


@pytest.mark.parametrize("number", UNKNOWN_CALLS)
def test_a_run_is_written_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Whole, once, the same again is fine, something else is refused; nothing is left beside it."""
    refuse_links(monkeypatch, number)
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    folder = RunFolder.create(tmp_path, RUN_ID, Redactor())
    folder.write_verdict(bad_verdict())
    folder.write_verdict(bad_verdict())
    assert folder.read_verdict() == bad_verdict()
    with pytest.raises(UsageError, match="says something else"):
        folder.write_verdict(good_verdict())
    assert [one.name for one in folder.path.iterdir()] == ["verdict.json"]


def test_only_one_of_two_processes_gives_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim of another process is respected, and a run that finds it says which file to look at."""
    refuse_links(monkeypatch, errno.EPERM)
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    folder = RunFolder.create(tmp_path, RUN_ID, Redactor())
    claim_of(folder.path / "verdict.json").touch()
    with pytest.raises(ConfigurationError, match=r"\.verdict\.json\.claim"):
        folder.write_verdict(bad_verdict())
    assert not (folder.path / "verdict.json").exists()


def test_a_full_disk_is_no_missing_feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file system has and cannot do now is said as it is."""
    refuse_links(monkeypatch, errno.ENOSPC)
    (tmp_path / "staged").touch()
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        install(tmp_path / "staged", tmp_path / "named")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        flush_folder(tmp_path)
    with (tmp_path / "staged").open("wb") as file, pytest.raises(OSError, match="space"):
        make_readable(file.fileno())

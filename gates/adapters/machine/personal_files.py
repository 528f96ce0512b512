"""Small files of one account that its commands share: sessions and addresses, never evidence.

The folder is `release-gate` in the user's cache folder: XDG_CACHE_HOME, else ~/.cache; an account without a
home gets a private folder among the temporary files. The rules, each checked on the open descriptor:

1. The folder is a real folder of this account that no other account may enter (0700).
2. A file is a plain file of this account that no other account may read (0600); a link is never followed.
3. A file is replaced in one step, so a reader sees the old text or the new one.

What breaks a rule, or cannot be written, is not used: `trouble` says why, and every command then works alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gates.adapters.machine.clock import SystemClock

_FOLDER = "release-gate"
_LARGEST_FILE = 65_536
_LONGEST_LIFE_S = 86_400.0
_POLL_S = 0.02
_LOCK_S = 90.0
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class _RefusedError(Exception):
    """A file or folder that breaks a rule."""


class PersonalFiles:
    """JSON objects by name, in one folder; nothing here raises because of the folder's state."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._alone: dict[str, dict[str, Any]] = {}
        self.trouble = ""

    def read(self, name: str) -> dict[str, Any]:
        """Return the object of that name, empty when there is none that may be used."""
        if self.trouble:
            return self._alone.get(name, {})
        try:
            with self._opened() as folder:
                return _read(folder, f"{name}.json")
        except (OSError, _RefusedError) as error:
            self._refuse(error)
            return {}

    def write(self, name: str, entry: dict[str, Any]) -> None:
        """Keep the object; where it cannot be shared, for this process alone."""
        self._alone[name] = entry
        if self.trouble:
            return
        try:
            with self._opened() as folder:
                _replace(folder, f"{name}.json", json.dumps(entry).encode())
                _forget_old(folder)
        except (OSError, _RefusedError) as error:
            self._refuse(error)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep every other command of this account out of the object until the block ends."""
        descriptor = self._lock(name)
        try:
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)  # ends the lock

    def _lock(self, name: str) -> int | None:
        """Return the locked descriptor, None where nothing can be shared."""
        if self.trouble:
            return None
        try:
            with self._opened() as folder:
                descriptor = os.open(f"{name}.lock", _LOCK, 0o600, dir_fd=folder)
        except (OSError, _RefusedError) as error:
            self._refuse(error)
            return None
        try:
            _check_file(descriptor, f"{name}.lock")
            self._await_lock(descriptor, f"{name}.lock")
        except (OSError, _RefusedError) as error:
            os.close(descriptor)
            self._refuse(error)
            return None
        return descriptor

    def _await_lock(self, descriptor: int, name: str) -> None:
        """Return with the lock.

        Raises:
            _RefusedError: another command does not let go of it.
        """
        if not SystemClock().until(lambda: _is_locked(descriptor), within=_LOCK_S, every=_POLL_S):
            raise _RefusedError(f"another command has held {name} for {_LOCK_S:g} s")
        os.utime(descriptor)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Yield a descriptor of the folder, which is made when it is missing.

        Raises:
            OSError: it cannot be made or opened.
            _RefusedError: it is not a private folder of this account.
        """
        with suppress(FileExistsError):
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700)
        descriptor = os.open(self._folder, _READ | os.O_DIRECTORY)
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
                raise _RefusedError("the folder belongs to another account or is open to others")
            yield descriptor
        finally:
            os.close(descriptor)

    def _refuse(self, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) else str(error)
        self.trouble = f"{self._folder}: {why}"


def personal_files() -> PersonalFiles:
    """Return the files of this account."""
    return PersonalFiles(_place())


def _place() -> Path:
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute():  # the standard says: anything else is ignored
        return named / _FOLDER
    try:
        home = Path.home()
    except RuntimeError:
        home = Path("/")
    if home.is_absolute() and home != Path("/"):
        return home / ".cache" / _FOLDER
    return Path(tempfile.gettempdir()) / f"{_FOLDER}-{os.geteuid()}"


def _read(folder: int, name: str) -> dict[str, Any]:
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        return {}
    try:
        _check_file(descriptor, name)
        text = os.read(descriptor, _LARGEST_FILE)
    finally:
        os.close(descriptor)
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _check_file(descriptor: int, name: str) -> None:
    """Refuse a file that others own, can read or have a second name for.

    Raises:
        _RefusedError: it is one.
    """
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise _RefusedError(f"{name} is not a plain file with one name: remove it")
    if found.st_uid != os.geteuid():
        raise _RefusedError(f"{name} belongs to another account: remove it")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise _RefusedError(f"{name} is open to other accounts: remove it")


def _replace(folder: int, name: str, content: bytes) -> None:
    draft = f"{name}.{os.getpid()}.{time.monotonic_ns()}"
    descriptor = os.open(draft, _WRITE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(draft, dir_fd=folder)
        raise


def _forget_old(folder: int) -> None:
    """Remove what no command has used for a day: sessions of platforms that are long gone."""
    oldest = time.time() - _LONGEST_LIFE_S
    for name in os.listdir(folder):
        with suppress(OSError):
            if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < oldest:
                os.unlink(name, dir_fd=folder)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""Giving a finished file its name on every kind of file system, never over what is there already.

A hard link does that in one step. FAT, network shares and buckets that are mounted as folders have none: a
claim beside the file, which only one process can make, keeps every other process away while it is renamed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNSUPPORTED = frozenset(
    {
        *(errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP),
        *(errno.EXDEV, errno.EMLINK, errno.ENOTTY),
    }
)
"""What file systems answer to a call that they do not have."""


def install(staged: Path, path: Path) -> None:
    """Let `path` be the file `staged`, which may be left behind.

    Raises:
        FileExistsError: there is a file of that name already.
        OSError: the folder cannot be written, or another process is about to make the file.
    """
    try:
        os.link(staged, path)  # unlike a rename, a link never replaces what another one has just written
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _install_without_links(staged, path)


def flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the file system can do that at all."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with _where_supported():
            os.fsync(handle)
    finally:
        os.close(handle)


def make_readable(handle: int) -> None:
    """Let every account read an open file, where the file system knows permissions."""
    with _where_supported():
        os.fchmod(handle, 0o644)


def claim_of(path: Path) -> Path:
    """Return the file that stands beside `path` while it is given its name."""
    return path.with_name(f".{path.name}.claim")


def _install_without_links(staged: Path, path: Path) -> None:
    claim = claim_of(path)
    try:
        os.close(os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        raise BlockingIOError(
            errno.EAGAIN, f"another process is about to write it, or was ended while it did: see {claim}"
        ) from error
    try:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "is there already", str(path))
        staged.replace(path)
    finally:
        with suppress(OSError):
            claim.unlink()


@contextmanager
def _where_supported() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise

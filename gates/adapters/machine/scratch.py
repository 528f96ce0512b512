"""Folders for what is raw and must not stay: gone with the block, or with the next one after a kill.

Each folder holds a lock that the kernel gives back when its process ends, however it ends. Who needs a folder
takes away those of the same account and kind that no process holds any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".held"


@contextmanager
def scratch(kind: str) -> Iterator[Path]:
    """Yield a new folder that only this account can read; `kind` begins its name."""
    root = Path(tempfile.gettempdir())
    _take_away(root, kind)
    made = Path(tempfile.mkdtemp(prefix=f".{kind}-", dir=root))
    with (made / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = made.rename(root / f"{kind}{made.name.removeprefix(f'.{kind}')}")
        inside = folder / "content"
        inside.mkdir()
        try:
            yield inside
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _take_away(root: Path, kind: str) -> None:
    """Remove what a killed process left behind."""
    for folder in root.glob(f"{kind}-*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with (folder / _LOCK).open("r+") as lock:  # what has none is not ours
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)

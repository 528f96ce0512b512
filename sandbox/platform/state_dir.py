"""The folder of one running sandbox: locked by it, emptied at its start, found by one file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox.errors import SandboxError

ENDPOINTS = "endpoints.json"
_FRESH = ("backups", "data", "logs", "scans", "secrets")


class StateDirTakenError(SandboxError):
    """Another sandbox runs in this folder."""


class NoSandboxError(SandboxError):
    """No sandbox runs in this folder."""


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[Path]:
    """Lock a folder for as long as this process lives, and empty what an earlier sandbox left in it.

    Raises:
        StateDirTakenError: it is locked.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateDirTakenError(
                f"A sandbox is running in {folder}: end it, or give this one another --state-dir."
            ) from None
        (folder / ENDPOINTS).unlink(missing_ok=True)
        for name in _FRESH:
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir()
        yield folder


@contextlib.contextmanager
def published(folder: Path, endpoints: Mapping[str, object]) -> Iterator[None]:
    """Write the endpoints file in one atomic step; it is there for as long as the sandbox runs."""
    file = folder / ENDPOINTS
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(endpoints) + "\n", encoding="utf-8")
    draft.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def write_private(file: Path, content: bytes) -> None:
    """Write a file that only this account can read, in one atomic step and whatever mode it had."""
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    draft.replace(file)


def read_endpoints(folder: Path) -> dict[str, str]:
    """Read where the sandbox of a folder is.

    Raises:
        NoSandboxError: none is running there.
    """
    try:
        endpoints: dict[str, str] = json.loads((folder / ENDPOINTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoSandboxError(f"No sandbox runs in {folder}: start one with `python -m sandbox up`.") from None
    return endpoints

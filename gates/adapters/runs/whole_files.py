"""Files that appear whole or not at all: written under another name, flushed to the disk, then named."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from gates.adapters.machine.exclusive import flush_folder, install, make_readable
from gates.adapters.machine.writable import refused, writing
from gates.errors import UsageError


def write_once(path: Path, content: bytes) -> None:
    """Write a file that is not there yet; the same bytes again are fine.

    Raises:
        UsageError: it is there and holds other bytes.
        ConfigurationError: it cannot be written.
    """
    staged = _staged(path, content)
    try:
        install(staged, path)
    except FileExistsError as error:
        if path.read_bytes() != content:
            raise UsageError(
                f"{path} is there already and says something else",
                next_step="a run is written once: start a new one",
            ) from error
    except OSError as error:
        raise refused("write", path, error) from error
    finally:
        staged.unlink(missing_ok=True)
    with writing(path):
        flush_folder(path.parent)


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file in the place of the one that is there.

    Raises:
        ConfigurationError: it cannot be written.
    """
    staged = _staged(path, content)
    try:
        staged.replace(path)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise refused("write", path, error) from error
    with writing(path):
        flush_folder(path.parent)


def _staged(path: Path, content: bytes) -> Path:
    """Write `content` beside `path` under a name of its own, and flush it to the disk."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            make_readable(file.fileno())
            os.fsync(file.fileno())
    except OSError as error:
        raise refused("write", path, error) from error
    return Path(name)

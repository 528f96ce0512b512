"""What the disk refuses, as the gate's own error: it names the folder and the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.errors import ConfigurationError

REMEDY = "GATE_REPORTS must name a writable folder with space left"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Write below `path` in the block.

    Raises:
        ConfigurationError: the disk refuses.
    """
    try:
        yield
    except OSError as error:
        raise refused("write", path, error) from error


def refused(verb: str, path: Path, error: OSError) -> ConfigurationError:
    """Return the error for what the disk refused."""
    return ConfigurationError(f"cannot {verb} {path}: {error.strerror}", next_step=REMEDY)

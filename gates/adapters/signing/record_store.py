"""Where records are kept: a folder, or a bucket or site by URL (any file system that fsspec knows)."""

from __future__ import annotations

from gates.adapters.documents import codec
from gates.adapters.machine.settings import from_root
from gates.errors import ConfigurationError
from gates.model.criterion import Stage
from gates.model.release import Release
from gates.model.verdict_record import images_of

_LARGEST = 64 * 2**20
"""Bytes: a larger file is not a record."""


def place_of(records: str, environment: str, stage: Stage, release: Release) -> str:
    """Return the path or URL of the newest record about a release's images."""
    images = codec.digest(images_of(release)).removeprefix("sha256:")[:16]
    return f"{records.rstrip('/')}/{environment}-{stage}-{images}.dsse.json"


def read(place: str) -> bytes | None:
    """Return what a path or URL holds; None if nothing is there.

    Raises:
        ConfigurationError: it cannot be read.
    """
    import fsspec  # noqa: PLC0415 - most commands read no record

    try:
        with fsspec.open(_url(place), "rb") as file:
            content: bytes = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ImportError) as error:
        raise ConfigurationError(f"{place} cannot be read: {error}") from error
    if len(content) > _LARGEST:
        raise ConfigurationError(f"{place} is larger than any record")
    return content


def write(place: str, content: bytes) -> None:
    """Write a record; one about the same images is replaced: the newest verdict counts.

    Raises:
        ConfigurationError: it cannot be written.
    """
    import fsspec  # noqa: PLC0415 - most commands write no record

    try:
        with (
            fsspec.open(_url(place), "wb", auto_mkdir=True)
            if _is_path(place)
            else fsspec.open(place, "wb") as file
        ):
            file.write(content)
    except (OSError, ValueError, ImportError) as error:
        raise ConfigurationError(f"the record could not be written to {place}: {error}") from error


def _is_path(place: str) -> bool:
    return "://" not in place


def _url(place: str) -> str:
    return str(from_root(place)) if _is_path(place) else place

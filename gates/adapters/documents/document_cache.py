"""The platform and one environment as an earlier command of this account read them.

To read and check the documents takes longer than to ask all services how they are, so commands that only
look keep the result for each other (`gates.adapters.personal_files`). It is found again only where everything
that it was made from is the same: every document, the file of a local platform's endpoints, the variables,
the folder, and the gate's own code. What judges a release or changes the platform reads the documents anew.
"""

from __future__ import annotations

import base64
import hashlib
import io
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gates.adapters.machine import settings
from gates.adapters.machine.personal_files import PersonalFiles, personal_files
from gates.adapters.machine.settings import project_root
from gates.model.platform import Environment, Platform

_CODE = tuple(
    Path(__file__).parents[2] / part for part in ("model", "adapters/documents", "adapters/machine")
)
_PLACES = "environments", "criteria"
_PLAIN = frozenset({("datetime", "timedelta"), ("datetime", "date")})
_BROKEN = (pickle.UnpicklingError, AttributeError, EOFError, ImportError, LookupError, TypeError, ValueError)


def read(folder: Path, name: str, files: PersonalFiles | None = None) -> tuple[Platform, Environment]:
    """Return the platform that `folder` describes, and its environment `name`.

    `files` are those of this account unless others are given.

    Raises:
        DocumentError: a document is missing or wrong.
        ConfigurationError: the environment is local, and its endpoints file is missing or of another project.
    """
    key, files = _key(folder, name), files or personal_files()
    entry = f"documents-{name}-{key[:16]}"
    return _kept(files.read(entry), key) or _read(folder, name, files, entry)


def _read(folder: Path, name: str, files: PersonalFiles, entry: str) -> tuple[Platform, Environment]:
    from gates.adapters.documents.documents import (  # noqa: PLC0415 - this is what the cache saves
        load_environment,
        load_platform,
    )

    key = _key(folder, name)
    platform = load_platform(folder)
    environment = load_environment(folder, name, platform)
    endpoints = _endpoints(environment)
    if key == _key(folder, name) and environment == load_environment(folder, name, platform):
        made = base64.b64encode(pickle.dumps((platform, environment))).decode()
        files.write(entry, {"key": key, "endpoints": endpoints, "values": made})
    return platform, environment


def _kept(entry: dict[str, Any], key: str) -> tuple[Platform, Environment] | None:
    """Return what an entry holds, None where it was made from anything else."""
    if entry.get("key") != key:
        return None
    try:
        platform, environment = _Values(io.BytesIO(base64.b64decode(entry["values"]))).load()
    except _BROKEN:
        return None
    is_right = isinstance(platform, Platform) and isinstance(environment, Environment)
    return (platform, environment) if is_right and entry["endpoints"] == _endpoints(environment) else None


class _Values(pickle.Unpickler):
    """Makes values of the model and nothing else, whatever the file says."""

    def find_class(self, module: str, name: str, /) -> Any:
        """Return a class of the model, a length of time or a day.

        Raises:
            pickle.UnpicklingError: anything else is named.
        """
        if (module, name) in _PLAIN:
            return super().find_class(module, name)
        if module.startswith("gates.model.") and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not a value")


def _key(folder: Path, name: str) -> str:
    """Return the digest of what the documents' values are made from, the endpoints file excepted."""
    whole = hashlib.sha256()
    variables = sorted(settings.values().items())
    places = folder.absolute(), project_root(), Path.cwd()
    for part in (name, sys.version, *places, *variables, *_code(), *_entries(folder, *_PLACES)):
        whole.update(repr(part).encode())
    for path in _entries(folder, "environments"):
        if path.is_file():
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _entries(folder: Path, *parts: str) -> Iterator[Path]:
    """Yield what stands in a platform's folder and in these parts of it."""
    for place in (folder, *(folder / part for part in parts)):
        if place.is_dir():
            yield from sorted(place.iterdir())


def _code() -> Iterator[tuple[str, int, int]]:
    """Yield each file that says what a document means, with its size and its time."""
    for folder in _CODE:
        for file in sorted(folder.glob("*.py")):
            found = file.stat()
            yield str(file), found.st_size, found.st_mtime_ns


def _endpoints(environment: Environment) -> str:
    """Return the digest of the file that says where a local platform is, empty without one."""
    path = environment.endpoints.file
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""
    except OSError as error:
        return f"{error.strerror}"

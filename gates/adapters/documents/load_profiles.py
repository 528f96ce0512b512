"""Which load profiles there are: the names in the producers' own file."""

from __future__ import annotations

import tomllib

from gates.adapters.machine.settings import project_root
from gates.errors import ConfigurationError

FILE = "load/profiles.toml"


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles, in the order of the file.

    Raises:
        ConfigurationError: the file is missing or wrong.
    """
    try:
        return tuple(tomllib.loads((project_root() / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{FILE}: the load profiles cannot be read: {error}", next_step="restore the file"
        ) from error

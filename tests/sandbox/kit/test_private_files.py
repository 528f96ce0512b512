"""What the sandbox keeps of secrets is for its own account, whatever lay there before."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from sandbox import identity_faults
from sandbox.platform.state_dir import write_private


def modes(folder: Path) -> dict[str, int]:
    """Return the permissions of every file in a folder."""
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def test_a_private_file_replaces_one_that_everybody_could_read(tmp_path: Path) -> None:
    """A state directory of an earlier sandbox is used again."""
    file = tmp_path / "identities.json"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, b"new")

    assert file.read_bytes() == b"new"
    assert modes(tmp_path) == {"identities.json": 0o600}


def test_spoilt_and_mended_identities_stay_private(tmp_path: Path) -> None:
    """The wrong secrets, and the right ones that are kept beside them."""
    right = json.dumps({"viewer": {"password": "right"}}).encode()
    write_private(tmp_path / identity_faults.FILE, right)
    identity_faults.spoil(tmp_path)

    assert modes(tmp_path) == {identity_faults.FILE: 0o600, identity_faults.KEPT: 0o600}
    assert (tmp_path / identity_faults.FILE).read_bytes() != right
    identity_faults.mend(tmp_path)
    assert modes(tmp_path) == {identity_faults.FILE: 0o600}
    assert (tmp_path / identity_faults.FILE).read_bytes() == right

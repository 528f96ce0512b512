"""What people would sign, in the sandbox: its own hand writes what others can check."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gates.adapters.signing.allowed_signers import read_allowed_signers
from gates.adapters.signing.statement_folder import StatementFolder
from sandbox.platform.signers import PLATFORM, write_signers


def test_the_grants_of_a_sandbox_are_good_statements(tmp_path: Path) -> None:
    """The gate reads and trusts them; those of an earlier start, with other keys, are gone."""
    write_signers(tmp_path)
    write_signers(tmp_path)
    signers = read_allowed_signers(tmp_path / "allowed_signers")
    folder = StatementFolder(path=tmp_path / "standing", platform=PLATFORM, signers=signers)
    found = {each.file: each for each in folder.read()}
    assert {name: each.objection for name, each in found.items()} == {"P0.json": "", "P1.json": ""}
    assert [each.statement.role for each in found.values() if each.statement is not None] == [
        "on-call-engineer",
        "team-lead",
    ]


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH's ssh-keygen")
def test_openssh_itself_accepts_the_signature(tmp_path: Path) -> None:
    """`ssh-keygen -Y verify` with the sandbox's allowed_signers; a changed byte is refused."""
    write_signers(tmp_path)
    file, role = tmp_path / "standing" / "P0.json", "on-call-engineer"

    def verify(content: bytes) -> int:
        words = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed_signers")]
        about = ["-I", f"sandbox-{role}", "-n", f"gate-{role}@{PLATFORM}", "-s", f"{file}.sig"]
        return subprocess.run([*words, *about], input=content, check=False, capture_output=True).returncode

    assert verify(file.read_bytes()) == 0
    assert verify(file.read_bytes().replace(b"P0", b"P1")) != 0

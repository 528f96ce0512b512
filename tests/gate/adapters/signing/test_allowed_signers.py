"""Who may sign is read to the letter or not at all."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.adapters.signing.allowed_signers import read_allowed_signers
from gates.errors import DocumentError

KEY = base64.b64encode(b"any bytes").decode()


def test_a_line_allows_one_person_in_its_namespaces_and_time(tmp_path: Path) -> None:
    """Before and after, and in another namespace, it allows nothing."""
    line = f'someone namespaces="a,b",valid-after="20260101",valid-before="20270101Z" ssh-ed25519 {KEY} note'
    (tmp_path / "file").write_text(f"# comment\n\n{line}\n")
    (found,) = read_allowed_signers(tmp_path / "file")
    inside = datetime(2026, 6, 1, tzinfo=UTC)
    assert found.person == "someone"
    assert found.may_sign("a", inside)
    assert found.may_sign("b", inside)
    assert not found.may_sign("c", inside)
    assert not found.may_sign("a", datetime(2025, 12, 31, tzinfo=UTC))
    assert not found.may_sign("a", datetime(2027, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "line",
    [
        f"someone ssh-ed25519 {KEY}",
        f'* namespaces="a" ssh-ed25519 {KEY}',
        f'a,b namespaces="a" ssh-ed25519 {KEY}',
        f'someone namespaces="*" ssh-ed25519 {KEY}',
        f'someone cert-authority,namespaces="a" ssh-ed25519 {KEY}',
        f'someone namespaces="a",namespaces="b" ssh-ed25519 {KEY}',
        f'someone valid-after="20260101" ssh-ed25519 {KEY}',
        f'someone namespaces="a",valid-after="soon" ssh-ed25519 {KEY}',
        f'someone namespaces="a" ssh-rsa {KEY}',
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, line: str) -> None:
    """Wildcards, authorities, other keys, no namespace: a rule that is misread could allow too much."""
    (tmp_path / "file").write_text(line)
    with pytest.raises(DocumentError):
        read_allowed_signers(tmp_path / "file")


def test_without_a_file_nobody_may_sign(tmp_path: Path) -> None:
    """A missing file is an empty one."""
    assert read_allowed_signers(tmp_path / "none") == ()

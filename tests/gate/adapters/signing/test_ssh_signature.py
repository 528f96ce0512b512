"""Signatures are those of ssh-keygen, and nothing else passes for one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gates.adapters.signing import ssh_signature
from gates.adapters.signing.ssh_signature import SignatureFlawError
from gates.errors import ConfigurationError
from tests.support.signing import key_file

NAMESPACE = "gate-product-owner@isectech"
needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH to compare with")


def test_a_signature_fits_its_content_alone(tmp_path: Path) -> None:
    """It names key and namespace, and one changed byte breaks it."""
    file, public = key_file(tmp_path, "key")
    text = ssh_signature.sign(ssh_signature.load_key(file), NAMESPACE, b"content")
    found = ssh_signature.check(text, b"content")
    assert (found.public_key, found.namespace) == (public, NAMESPACE)
    with pytest.raises(SignatureFlawError, match="does not fit"):
        ssh_signature.check(text, b"Content")


def test_every_damaged_signature_is_refused(tmp_path: Path) -> None:
    """Cut anywhere, or with any byte changed: never an answer, never another error."""
    file, _ = key_file(tmp_path, "key")
    text = ssh_signature.sign(ssh_signature.load_key(file), NAMESPACE, b"content")
    for place in range(len(text) - 1):
        with pytest.raises(SignatureFlawError):
            ssh_signature.check(text[:place], b"content")
    body = text.index("\n") + 1
    for place in range(body, text.rindex("\n", 0, -2)):
        if text[place] == "\n":
            continue
        other = "A" if text[place] != "A" else "B"
        changed = text[:place] + other + text[place + 1 :]
        with pytest.raises(SignatureFlawError):
            ssh_signature.check(changed, b"content")


@pytest.mark.parametrize("namespace", ["gate-a", "gate-ab", "gate-abc"])
def test_a_signature_has_one_spelling(tmp_path: Path, namespace: str) -> None:
    """The spare bits of the last letter say nothing, so they have to be nought."""
    file, _ = key_file(tmp_path, "key")
    text = ssh_signature.sign(ssh_signature.load_key(file), namespace, b"content")
    last = len(text[: text.index("\n-----END")].rstrip("=")) - 1
    assert ssh_signature.check(text, b"content").namespace == namespace
    for letter in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/é") - {text[last]}:
        with pytest.raises(SignatureFlawError):
            ssh_signature.check(text[:last] + letter + text[last + 1 :], b"content")


@needs_openssh
def test_openssh_accepts_what_is_signed_here(tmp_path: Path) -> None:
    """`ssh-keygen -Y verify` agrees, for the person and the namespace of the file."""
    file, _ = key_file(tmp_path, "key")
    file.chmod(0o600)
    public = subprocess.run(["ssh-keygen", "-y", "-f", file], check=True, capture_output=True, text=True)
    (tmp_path / "allowed").write_text(f'someone namespaces="{NAMESPACE}" {public.stdout}')
    (tmp_path / "sig").write_text(ssh_signature.sign(ssh_signature.load_key(file), NAMESPACE, b"content"))
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        str(tmp_path / "allowed"),
        "-I",
        "someone",
        "-n",
        NAMESPACE,
    ]
    done = subprocess.run(
        [*command, "-s", str(tmp_path / "sig")], input=b"content", check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr


@needs_openssh
def test_what_openssh_signs_is_accepted_here(tmp_path: Path) -> None:
    """A key in an agent signs with `ssh-keygen -Y sign`."""
    file, public = key_file(tmp_path, "key")
    file.chmod(0o600)
    (tmp_path / "text").write_bytes(b"content")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(file), "-n", NAMESPACE, str(tmp_path / "text")]
    subprocess.run(command, check=True, capture_output=True)
    found = ssh_signature.check((tmp_path / "text.sig").read_text(), b"content")
    assert (found.public_key, found.namespace) == (public, NAMESPACE)


def test_a_file_that_is_no_key_explains_itself(tmp_path: Path) -> None:
    """The error says how to make a key."""
    (tmp_path / "none").write_text("nothing")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        ssh_signature.load_key(tmp_path / "none")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        ssh_signature.load_key(tmp_path / "missing")

"""The folder of signed statements: `<id>.json` is the text, `<id>.json.sig` its SSH signature.

The folder may be a mounted one, in which every file is a link: a link is followed while it stays inside the
folder. A signature is over bytes: a text whose line ends were changed on the way is refused with that reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.machine.writable import refused
from gates.adapters.signing import ssh_signature
from gates.adapters.signing.allowed_signers import Signer, namespace_of
from gates.errors import DocumentError, GateError, UsageError
from gates.model.statement import SeenStatement, Statement

_LARGEST = 64 * 1024
"""Bytes: a statement is shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFolder:
    """Writes statements and reads them back, each with what its signature is worth.

    `platform` is part of the namespaces; `signers` says who may sign what.
    """

    path: Path
    platform: str
    signers: Sequence[Signer]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def write(self, statement: Statement, key: Path | None) -> Path:
        """Write a statement, signed when a key file is given; return its path.

        Raises:
            ConfigurationError: the key cannot be used, or the folder cannot be written.
        """
        content = _text(statement)
        name = codec.digest_of(content).removeprefix("sha256:")[:12]
        file = self.path / f"{statement.kind}-{statement.subject}-{statement.role}-{name}.json"
        signature = None
        if key is not None:
            namespace = namespace_of(statement.role, self.platform)
            signature = ssh_signature.sign(ssh_signature.load_key(key), namespace, content)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if signature is not None:  # first, so that no reader meets the text without it
                _signature_of(file).write_text(signature, encoding="ascii")
            file.write_bytes(content)
        except OSError as error:
            raise refused("write", file, error) from error
        return file

    def keep(self, statement: Statement, key: Path | None) -> tuple[Path, str]:
        """Write a statement; return its file and, without a key, the command that signs it.

        Raises:
            UsageError: it was signed with a key that may not sign it; nothing is kept.
            ConfigurationError: the key cannot be used, or the folder cannot be written.
        """
        file = self.write(statement, key)
        if key is None:
            namespace = namespace_of(statement.role, self.platform)
            return file, f"ssh-keygen -Y sign -f KEY -n {namespace} {file}"
        if objection := self.see(file).objection:
            file.unlink(missing_ok=True)
            _signature_of(file).unlink(missing_ok=True)
            raise UsageError(objection, next_step="sign with a key that allowed_signers names for you")
        return file, ""

    def read(self) -> tuple[SeenStatement, ...]:
        """Return every statement in the folder, by file name."""
        return tuple(self.see(file) for file in sorted(self.path.glob("*.json")))

    def see(self, file: Path) -> SeenStatement:
        """Return one statement and what its signature is worth."""
        try:
            content = self._content(file)
            statement = _statement(content, file)
            if not _signature_of(file).exists():
                return SeenStatement(file=file.name, statement=statement, objection="it is not signed yet")
            text = self._content(_signature_of(file)).decode("ascii")
            signature = ssh_signature.check(text, content)
        except (DocumentError, OSError, ValueError) as error:
            return SeenStatement(file=file.name, statement=None, objection=_why(error), is_damaged=True)
        return SeenStatement(
            file=file.name,
            statement=statement,
            key=signature.fingerprint,
            objection=self._objection(statement, signature),
        )

    def _content(self, file: Path) -> bytes:
        """Return what a file of the folder holds, wherever in the folder its link leads.

        Raises:
            DocumentError: it leads out of the folder, is not a file, or is larger than any statement.
            OSError: it cannot be read.
        """
        real = file.resolve(strict=True)
        if not real.is_relative_to(self.path.resolve()):
            raise DocumentError(
                f"a link that leaves the folder, to {real}",
                path=str(file),
                next_step="put the file itself there: what is signed is read from its own folder alone",
            )
        if not real.is_file() or real.stat().st_size > _LARGEST:
            raise DocumentError("no file, or larger than any statement", path=str(file))
        return real.read_bytes()

    def _objection(self, statement: Statement, signature: ssh_signature.SshSignature) -> str:
        namespace = namespace_of(statement.role, self.platform)
        if signature.namespace != namespace:
            return f"signed in the namespace {signature.namespace}, not as {statement.role}"
        known = [signer for signer in self.signers if signer.public_key == signature.public_key]
        if not known:
            return f"signed with an unknown key ({signature.fingerprint})"
        if not any(
            signer.person == statement.by
            and signer.may_sign(namespace, statement.issued_at)
            and signer.may_sign(
                namespace, self.clock()
            )  # judged by the time of now: the signer chooses issuedAt
            for signer in known
        ):
            return f"{statement.by} may not sign as {statement.role} with that key"
        return ""


def _text(statement: Statement) -> bytes:
    return codec.canonical(codec.encode(statement)) + b"\n"


def _statement(content: bytes, file: Path) -> Statement:
    statement = codec.decode(Statement, content, source=str(file))
    if _text(statement) == content.replace(b"\r\n", b"\n") != content:
        raise DocumentError(
            "its lines end with CR LF, and it was signed with LF: a signature is over every byte",
            path=str(file),
            next_step=f"bring the signed bytes back with `sed -i 's/\\r$//' {file}`, "
            "and keep them with the line `*.json text eol=lf` in .gitattributes",
        )
    if _text(statement) != content:
        raise DocumentError("not in its canonical form", path=str(file))
    return statement


def _signature_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.sig")


def _why(error: Exception) -> str:
    """Return cause and remedy in one line."""
    return error.diagnostics().replace("\n  → ", "; ") if isinstance(error, GateError) else str(error)

"""`allowed_signers`: which person may sign for which role, in OpenSSH's own format.

    PERSON namespaces="gate-ROLE@PLATFORM[,…]",valid-after="20260101",valid-before="20270101" ssh-ed25519 KEY

The times may be left out. One person a line, no wildcard, no authority; `namespaces` is obligatory,
so that a key that signs something else signs nothing here. Lines that start with # are comments.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gates.adapters.signing.ssh_signature import KEY_TYPE
from gates.errors import DocumentError

_LINE = re.compile(
    r"(?P<person>[^\s*?!,\"]+) (?P<options>\S+) " + KEY_TYPE + r" (?P<key>[A-Za-z0-9+/]+=*)(?: .*)?"
)
_OPTION = re.compile(r'(namespaces|valid-after|valid-before)="([^"*?!]+)"(?:,|$)')
_TIMES = ("%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One line: this person, with this key, in these namespaces, within this time."""

    person: str
    namespaces: frozenset[str]
    public_key: bytes
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def may_sign(self, namespace: str, at: datetime) -> bool:
        """Whether the line allows a signature in `namespace` at that moment."""
        is_early = self.valid_after is not None and at < self.valid_after
        is_late = self.valid_before is not None and at >= self.valid_before
        return namespace in self.namespaces and not is_early and not is_late


def namespace_of(role: str, platform: str) -> str:
    """Return the namespace in which a role signs."""
    return f"gate-{role}@{platform}"


def read_allowed_signers(path: Path) -> tuple[Signer, ...]:
    """Return all signers of the file; without the file no signer is allowed.

    Raises:
        DocumentError: a line is not understood: a rule that is misread could allow too much.
    """
    if not path.exists():
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"cannot be read: {error}", path=str(path)) from error
    numbered = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    return tuple(
        _signer(line, str(path), number) for number, line in numbered if line and not line.startswith("#")
    )


def _signer(line: str, path: str, number: int) -> Signer:
    match = _LINE.fullmatch(line)
    if match is None:
        raise DocumentError(f'not: PERSON namespaces="…" {KEY_TYPE} KEY', path=path, line=number)
    try:
        options = dict(_options(match["options"]))
        return Signer(
            person=match["person"],
            namespaces=frozenset(options["namespaces"].split(",")),
            public_key=base64.b64decode(match["key"], validate=True),
            valid_after=_time(options.get("valid-after")),
            valid_before=_time(options.get("valid-before")),
        )
    except (ValueError, binascii.Error) as error:
        raise DocumentError(str(error), path=path, line=number) from error


def _options(text: str) -> Iterator[tuple[str, str]]:
    position, seen = 0, set()
    while position < len(text):
        match = _OPTION.match(text, position)
        if match is None or match[1] in seen:
            raise ValueError(f"option not understood: {text[position:]}")
        seen.add(match[1])
        yield match[1], match[2]
        position = match.end()
    if "namespaces" not in seen:
        raise ValueError("the option namespaces is missing")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    for form in _TIMES:
        if len(text.removesuffix("Z")) == len(datetime(2000, 1, 1, tzinfo=UTC).strftime(form)):
            return datetime.strptime(text.removesuffix("Z"), form).replace(tzinfo=UTC)
    raise ValueError(f"no time: {text}")

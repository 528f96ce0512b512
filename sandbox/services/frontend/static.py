"""Static files: named after their content, so they may be cached for ever and never be stale."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

INLINE_SCRIPT = 'document.documentElement.classList.add("scripted");'
"""The one script inside the pages; the policy admits it by its hash alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file with its media type."""

    name: str
    media_type: str
    content: bytes

    @property
    def path(self) -> str:
        return f"/static/{self.name}"

    @property
    def integrity(self) -> str:
        """The subresource-integrity value that a page demands of it."""
        return integrity_of(self.content)


def integrity_of(content: bytes) -> str:
    """Return the SHA-256 of some content as policies and `integrity` attributes write it."""
    return f"sha256-{b64encode(hashlib.sha256(content).digest()).decode()}"


def _named(name: str, media_type: str) -> StaticFile:
    file = Path(__file__).with_name("files") / name
    content = file.read_bytes().strip()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(name=f"{file.stem}.{digest}{file.suffix}", media_type=media_type, content=content)


STYLE = _named("app.css", "text/css; charset=utf-8")
SCRIPT = _named("app.js", "text/javascript; charset=utf-8")
FILES = {file.name: file for file in (STYLE, SCRIPT)}

POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' '{integrity_of(INLINE_SCRIPT.encode())}'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)
"""The Content-Security-Policy of every page."""

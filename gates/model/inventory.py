"""What is stored for the platform: container images."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One container image of the repository."""

    package: str
    digest: str
    tags: tuple[str, ...]
    uploaded_at: datetime

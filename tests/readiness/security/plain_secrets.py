"""What a secret looks like when it stands where it must not: by the variable's name, and by its value.

Names and shapes follow what secret scanners look for (gitleaks, detect-secrets): keys with known prefixes,
JSON Web Tokens, PEM keys, passwords in URLs, and long values without structure.
"""

from __future__ import annotations

import math
import re
from collections import Counter

_NAME = re.compile(
    r"(SECRET|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_?KEY|AUTH_?KEY|SIGNING_?KEY|(^|_)TOKEN($|_(?!TTL)))"
)
_SHAPES = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\."),
    re.compile(
        r"\b(AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-[A-Za-z0-9-]{10,})"
    ),
    re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@"),
)
_HARMLESS = re.compile(r"(true|false|[0-9.]+[a-z]{0,2}|sha256:[0-9a-f]{64})?", re.IGNORECASE)
_LONG = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
_RANDOM_BITS = 3.5
"""Shannon entropy per character; words of a language stay below it, random hexadecimal digits do not."""


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable's plain value is, or may be, a secret."""
    if _HARMLESS.fullmatch(value):
        return False
    if _NAME.search(name.upper()):
        return True
    is_random = _LONG.fullmatch(value) is not None and _entropy(value) >= _RANDOM_BITS
    return is_random or any(shape.search(value) for shape in _SHAPES)


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())

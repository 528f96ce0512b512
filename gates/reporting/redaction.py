"""Takes secrets and deceiving characters out of everything that a report repeats.

What a service under test says is hostile input: it may hold secrets that must not reach a report, and
characters that forge lines, colours or reading order. `Redactor` goes over every text of a value before it is
written; `clean` takes out what no report can show. Both are idempotent, so that going over a text twice,
which writers do, changes nothing.
"""

from __future__ import annotations

import dataclasses
import json
import re
from enum import Enum
from typing import Any, TypeVar, cast
from urllib.parse import quote

T = TypeVar("T")

SHORTEST_SECRET = 6
"""Known secrets below this length are not looked for: they would blot out ordinary words."""

REDACTED = "[redacted]"

_ANSI = re.compile(r"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but tab and newline
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # invisible, line and order forging
    "\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"  # no Unicode text, no XML
    "\U000e0000-\U000e0fff]"  # tag characters and variation selectors, unseen by a person
)

# Fragments of patterns, in verbose form. Repetitions that can start anywhere are bounded: hostile text must
# not cost quadratic time.
_QUOTED = r"""(?: \\{1,8}"(?:(?!\\{1,8}").)*\\{1,8}" | "(?:[^"\\\n]|\\.)*"? | '(?:[^'\\\n]|\\.)*'? )"""
_HEADER = r"""(?:(?:proxy-|x-serverless-)?authorization | (?:set-)?cookie2? | x-api-key
    | x-(?:auth|csrf)-token | x-goog-iap-jwt-assertion)"""
_KEY = r"""(?:\w{1,40}[_-])?(?:password | passwd | pwd | passphrase | (?:client_?)?secret | api_?-?key
    | private_?-?key | otp | totp | mfa_?code | session_?-?id
    | (?:access|refresh|id|auth|bearer|service|csrf|session)_?-?token)"""
_NO_CREDENTIAL = r"(?!(?:auth\w*|credentials?|scheme|realm|error\w*|scope|tokens?)\b)"
_CLOUD_KEY = r"""ya29\.[\w-]+ | AIza[\w-]{30,} | (?:AKIA|ASIA)[0-9A-Z]{16} | gh[pousr]_\w{30,}
    | github_pat_\w{20,} | glpat-[\w-]{16,} | xox[abeprs]-[\w-]{10,} | sk_(?:live|test)_\w{10,}
    | hooks\.slack\.com/services/\S+"""


def _pattern(text: str, replacement: str) -> tuple[re.Pattern[str], str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE | re.DOTALL), replacement


_PATTERNS = (
    _pattern(r"-----BEGIN[A-Z0-9\ ]*PRIVATE\ KEY-----.*?(?:-----END[A-Z0-9\ ]*-----|\Z)", "[private key]"),
    _pattern(r"(?<![\w-]) eyJ[\w-]{6,} (?:\.[\w-]*){1,4}", "[jwt]"),
    _pattern(rf"\b(bearer)\s+{_NO_CREDENTIAL}[\w.~+/=-]{{6,}}", rf"\1 {REDACTED}"),
    # "basic checks" are words, base64 is not
    _pattern(
        rf"\b(basic|negotiate)\s+(?-i:(?=[a-z]*[A-Z0-9=+/])){_NO_CREDENTIAL}[\w+/=-]{{6,}}", rf"\1 {REDACTED}"
    ),
    # a whole header in quotes, as in a curl line
    _pattern(rf"([\"']) ({_HEADER}) \s*:(?:(?!\1)[^\n])*", rf"\1\2: {REDACTED}"),
    # a header as a quoted pair: JSON, a mapping or a list of tuples
    _pattern(rf"(?<![\w-]) ({_HEADER}) (\\*[\"'] \s*[:,=]\s* b?) {_QUOTED}", rf'\1\2"{REDACTED}"'),
    # a header as a line
    _pattern(rf"(?<![\w-]) ({_HEADER}) (\s*[:=]) (?!\ ?{re.escape(REDACTED)}) [^\n]*", rf"\1\2 {REDACTED}"),
    _pattern(
        rf"(?<![a-z0-9]) ({_KEY}) (\\*[\"']?\s*[:=]\s*b?) (?:{_QUOTED} | [^\s\"',&;}}\]<]+ \]?)",
        rf"\1\2{REDACTED}",
    ),
    _pattern(r"(?<![a-z0-9]) ([a-z][a-z0-9+.-]{0,20}://) [^\s/@:]{0,200}:[^\s/@]{1,500}@", rf"\1{REDACTED}@"),
    _pattern(r"otpauth://\S+", "[totp]"),
    _pattern(r"\b(X-(?:Goog|Amz)-(?:Signature|Credential|Security-Token)=)[^\s&\"']+", rf"\1{REDACTED}"),
    _pattern(r"(?<!\S)(-u|--user)(?:\s+|=)[\"']?[^\s:]{1,200}:[^\s\"']+[\"']?", rf"\1 {REDACTED}"),
    _pattern(rf"(?<![a-z0-9]) (?:{_CLOUD_KEY})", "[cloud token]"),
)


def clean(text: str) -> str:
    """Return `text` as one that every report can show: colours gone, one kind of line end, the rest escaped.

    Control characters, bidirectional overrides, invisible characters and lone surrogates become visible
    escapes such as "U+202E" written the Python way. The result is valid Unicode and valid in XML.
    """
    text = _ANSI.sub("", text.replace("\r\n", "\n"))
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def one_line(text: str, *, limit: int = 300) -> str:
    """Return `text` cleaned, on one line and of at most `limit` characters."""
    return shorten(" ".join(clean(text).split()), limit=limit)


def shorten(text: str, *, limit: int) -> str:
    """Return `text`, or its beginning and its end with an ellipsis between, of at most `limit` characters."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"


class Redactor:
    """Takes secrets and unsafe characters out of every text of a value.

    `secrets` are values known to be secret in this run (passwords, tokens, keys of the identities in use);
    they are looked for as they are, percent-encoded, and escaped as in JSON.
    """

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        known = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in _forms(secret)}
        self._known = sorted(known, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """Return `text` cleaned and without secrets."""
        text = clean(text)
        for secret in self._known:
            text = text.replace(secret, REDACTED)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def __call__(self, value: T) -> T:
        """Return `value` with every text in it redacted: model values, tuples, lists and mappings."""
        return cast("T", self._any(value))

    def _any(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple | list):
            return type(value)(self._any(item) for item in value)
        if isinstance(value, dict):
            return {self._any(key): self._any(item) for key, item in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            return dataclasses.replace(value, **{f.name: self._any(getattr(value, f.name)) for f in fields})
        return value


def _forms(secret: str) -> set[str]:
    plain = clean(secret)
    return {
        plain,
        quote(plain, safe=""),
        quote(plain),
        json.dumps(plain)[1:-1],
        json.dumps(plain, ensure_ascii=False)[1:-1],
    }

"""Nothing secret and nothing that deceives the eye leaves the redactor."""

from __future__ import annotations

import re
import time
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gates.model.evidence import Evidence
from gates.model.verdict import Verdict
from gates.reporting.redaction import REDACTED, Redactor, clean, one_line, shorten
from tests.support.builders import evidence
from tests.support.drawing import examples
from tests.support.strategies import HOSTILE_TEXTS, values

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
SECRETS = st.text(
    alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=40
)
FRAMES = (
    "Authorization: Bearer {}",
    "authorization={}",
    "curl -H 'Authorization: Bearer {}' https://api.example.test/v1",
    'curl -X POST -H "Cookie: sid={}; theme=dark" -d 1 https://api.example.test/v1',
    "Set-Cookie: session={}; HttpOnly",
    'Cookie: a="x"; sid={}',
    '{{"cookie": "sid={}", "n": 1}}',
    "[('authorization', 'Basic {}')]",
    "{{b'x-api-key': b'{}'}}",
    '{{"password": "{}"}}',
    '{{"password": "correct {} staple"}}',
    '{{\\"password\\": \\"{}\\"}}',
    "password={}&next=/",
    "user_password: {}",
    "access_token: Bearer {}",
    "refresh_token={}",
    "\"client_secret\" = '{}'",
    "API-KEY={}",
    "https://user:{}@db.example.test/x",
    "otpauth://totp/x?secret={}",
    "Bearer {}",
    "proxy -u admin:{} https://x",
    "https://storage.example.test/o?X-Goog-Signature={}&x=1",
    "-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n{}",
    "ya29.{}",
    "eyJhbGciOiJub25lIn0.{}.",
)


@pytest.mark.parametrize("frame", FRAMES)
@settings(max_examples=examples(25))
@given(secret=SECRETS)
def test_secrets_are_found_by_their_frame(frame: str, secret: str) -> None:
    """A secret nobody named is taken out where its surroundings give it away."""
    assert secret not in Redactor().text(f"before {frame.format(secret)}\nafter")


@given(
    before=HOSTILE_TEXTS,
    secret=st.text(st.characters(codec="utf-8"), min_size=6, max_size=30),
    after=HOSTILE_TEXTS,
)
@example(before="", secret="pass\nword", after="")
def test_known_secrets_are_found_anywhere(before: str, secret: str, after: str) -> None:
    """A secret that the run knows is taken out wherever it stands."""
    shown = clean(secret)
    text = Redactor((secret,)).text(f"{before} {secret} {after}")

    assert shown not in text.replace(REDACTED, "") or shown in clean(f"{before} {after}")


@pytest.mark.parametrize("form", ["p%40ss%2Fw0rd", "p@ss/w0rd", "p%40ss/w0rd"])
def test_known_secrets_are_found_in_disguise(form: str) -> None:
    """Percent-encoded is no less secret."""
    assert form not in Redactor(("p@ss/w0rd",)).text(f"GET /login?x={form} -> 500")


@pytest.mark.parametrize(
    "text",
    [
        "GET /users/v1?page=2 -> 200 in 12 ms; password policy: min 12",
        "no Authorization header was asked for",
        "basic checks passed, bearer authentication works",
        'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
        "digest sha256:0123456789abcdef differs from sha256:fedcba9876543210",
        "tests/validation/immediate/test_health.py::test_live[auth-service]",
        "isectech-auth-service-sandbox-00002-abc answered 503",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """A report that blots out what it wants to say is no report."""
    assert Redactor(("hunter22",)).text(text) == text


@settings(max_examples=examples(300))
@given(HOSTILE_TEXTS)
@example("\x1b\x1b[0m[31mred \u202egnp.exe \x9b31m \ud800 \r\n ]]> \x00")
def test_clean_text_is_harmless_everywhere(text: str) -> None:
    """What is left is Unicode, fits XML, and neither moves the cursor nor turns the reading order."""
    cleaned = clean(text)

    cleaned.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", cleaned)
    element = ET.Element("a")
    element.text = cleaned
    assert (ET.fromstring(ET.tostring(element)).text or "") == cleaned  # noqa: S314 - our own text
    assert clean(cleaned) == cleaned


@settings(max_examples=examples(300))
@given(st.lists(st.one_of(HOSTILE_TEXTS, st.sampled_from(FRAMES)), max_size=4).map(" ".join))
def test_redacting_twice_is_redacting_once(text: str) -> None:
    """Writers may go over a text again without harm."""
    redact = Redactor(("known-secret",)).text
    once = redact(text)

    assert redact(once) == once


@pytest.mark.parametrize("kind", [Evidence, Verdict])
@settings(max_examples=examples(25))
@given(data=st.data())
def test_values_keep_their_shape(kind: type[Any], data: st.DataObject) -> None:
    """Redacting a value redacts its texts and leaves the rest: numbers, times, enums, laws."""
    value = data.draw(values(kind))  # type: ignore[arg-type]

    once = Redactor()(value)
    assert type(once) is kind
    assert Redactor()(once) == once


def test_secrets_are_taken_out_of_values() -> None:
    """A secret deep inside a value is found."""
    seen = Redactor(("correct-horse",))(
        (evidence(reason=f"correct-horse and {JWT}"), {"k": ["correct-horse"]})
    )

    assert seen[0].reason == f"{REDACTED} and [jwt]"
    assert seen[1] == {"k": [REDACTED]}


@pytest.mark.parametrize(
    "piece",
    [
        "a_",
        "eyJ_",
        'cookie:"',
        "a.a:",
        "\\",
        'password\\"',
        "-----BEGIN PRIVATE KEY",
        "http://",
        "\x1b]",
        "x=",
    ],
)
def test_hostile_text_costs_no_quadratic_time(piece: str) -> None:
    """Ten times the text costs about ten times the time, not a hundred times."""
    redact = Redactor(("known-secret",)).text
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    redact(text)

    assert time.process_time() - start < 20


@given(HOSTILE_TEXTS, st.integers(min_value=4, max_value=50))
def test_one_line_is_one_line(text: str, limit: int) -> None:
    """A line has no line end and at most the length that was asked for."""
    line = one_line(text, limit=limit)

    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


def test_shortening_keeps_both_ends() -> None:
    """The beginning says what it is, the end says how it ended."""
    assert shorten("abcdefghij" * 10, limit=12) == "abcdefgh…hij"

"""What a server says is hostile input: keeps the words of a failure harmless and free of secrets.

A lone surrogate in a failure's text kills an xdist worker while it sends the report, and the failure can be
lost with exit status 0 (pytest-xdist #843). Every text is made plain before any reporter sees it, here.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import lru_cache
from typing import Any

import pytest

from gates.reporting.redaction import Redactor


class HeldBackError(pytest.skip.Exception):  # type: ignore[misc, name-defined]
    """Skips a check that the environment does not allow: the evidence says so, and a record may answer it."""


SECRETS = pytest.StashKey[set[str]]()
_deselected = 0


def plain(text: str) -> str:
    """Return the text without lone surrogates, control characters and secrets of known form."""
    return redact(text)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return the text without secrets, known and of known form, and without unsafe characters."""
    return _redactor(tuple(sorted(secrets))).text(text)


@lru_cache(maxsize=8)
def _redactor(secrets: tuple[str, ...]) -> Redactor:
    return Redactor(secrets)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Rewrite what a failure says before a report leaves this process, and note what kind it is."""
    if call.excinfo is not None:
        _make_plain(call.excinfo.value, item.config.stash.get(SECRETS, set()))
    report = yield
    if call.excinfo is None:
        return report
    secrets = item.config.stash.get(SECRETS, set())
    error = call.excinfo.value
    if isinstance(error, HeldBackError):
        report.user_properties = [*report.user_properties, ("held_back", str(error))]
    if report.longrepr is not None and not isinstance(report.longrepr, tuple):
        report.longrepr = redact(str(report.longrepr), secrets)
    report.sections = [(redact(name, secrets), redact(text, secrets)) for name, text in report.sections]
    if report.outcome == "failed":
        noted = [
            ("raised", "assertion" if _is_assertion(error) else "error"),
            ("reason", _said(error, secrets)),
        ]
        blamed = getattr(error, "blames", None)
        noted += [("blames", str(blamed))] if blamed else []
        report.user_properties = [*report.user_properties, *noted]
    return report


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what a filter took away in this worker; the controller cannot see it."""
    global _deselected  # noqa: PLW0603 - one worker process, one count
    _deselected += len(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Report to the controller how many tests this worker deselected."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None and output.get("workerid") in (None, "gw0"):
        output["gate_deselected"] = _deselected


def _make_plain(error: BaseException, secrets: set[str]) -> None:
    error.args = tuple(redact(arg, secrets) if isinstance(arg, str) else arg for arg in error.args)


def _is_assertion(error: BaseException) -> bool:
    """Whether the failure is about the platform: an assertion, or a group of nothing but assertions."""
    if isinstance(error, BaseExceptionGroup):
        return all(_is_assertion(inner) for inner in error.exceptions)
    return isinstance(error, (AssertionError, pytest.fail.Exception))


def _said(error: BaseException, secrets: set[str]) -> str:
    if isinstance(error, BaseExceptionGroup):
        parts = dict.fromkeys(_said(inner, secrets) for inner in error.exceptions)
        return " | ".join(parts)[:900]
    text = str(error) or type(error).__name__
    named = text if isinstance(error, AssertionError) else f"{type(error).__name__}: {text}"
    return redact(" ".join(named.split()), secrets)[:600]

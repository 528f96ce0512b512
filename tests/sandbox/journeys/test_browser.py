"""The journey through the pages: a real browser sees what no request shows."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.model.evidence import Evidence, EvidenceStatus
from tests.support.real_sandbox import RealSandbox

PRODUCER = "tests/validation/extended/test_browser.py::test_analyst_in_the_browser"
needs_chromium = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="no chromium on PATH: the journey through the pages is left out"
)


def seen(sandbox: RealSandbox, folder: Path, **variables: str) -> Evidence:
    """Return the one piece of evidence of the browser's journey."""
    bundle = sandbox.look(PRODUCER, run_folder=folder, **variables)
    assert bundle.flaws == ()
    assert [item.criterion for item in bundle.items] == ["JRN-BROWSER"]
    return bundle.items[0]


@needs_chromium
def test_the_journey_passes_on_the_healthy_platform(sandbox: RealSandbox, tmp_path: Path) -> None:
    """Each step is timed, and nothing is kept of a journey that passed."""
    item = seen(sandbox, tmp_path)
    noted = (tmp_path / "producers.jsonl").read_text(encoding="utf-8")

    assert item.measurement is not None
    assert item.measurement.value == 0, item.reason
    assert noted.count("sign in by form") >= 1
    assert not (tmp_path / "browser").exists()


@needs_chromium
@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("integrity-wrong", "the form leads to /session"),
        ("cookie-readable", "a script of the page can read the session"),
    ],
)
def test_a_known_bad_revision_is_seen_and_shown(
    sandbox: RealSandbox, tmp_path: Path, slug: str, words: str
) -> None:
    """The frontend is blamed, a screenshot is kept, and no password is in anything that is kept."""
    sandbox.deploy("frontend", f"sandbox/frontend:1.0.1-{slug}")
    item = seen(sandbox, tmp_path)
    kept = list((tmp_path / "browser").iterdir())

    assert item.measurement is not None
    assert item.measurement.value == 1
    assert words in item.reason
    assert item.blames == "frontend"
    assert ".png" in {path.suffix for path in kept}
    assert not any(password(sandbox) in content for path in kept for content in contents(path))


def test_without_a_browser_nobody_looked(sandbox: RealSandbox, tmp_path: Path) -> None:
    """No chromium is no pass: NOT_RUN, with that reason."""
    item = seen(sandbox, tmp_path, PATH=str(tmp_path))

    assert item.status is EvidenceStatus.NOT_RUN
    assert "no chromium on PATH" in item.reason


def password(sandbox: RealSandbox) -> bytes:
    """Return the password of the person at the screen."""
    entries = json.loads((sandbox.state / "identities.json").read_text(encoding="utf-8"))
    return str(entries["synthetic-analyst-2"]["password"]).encode()


def contents(path: Path) -> Iterator[bytes]:
    """Yield a file's content, and of an archive each member's."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())

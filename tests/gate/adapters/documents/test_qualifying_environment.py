"""An environment names the one that qualifies its releases, and the keys that may sign its records."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_environment, load_platform
from gates.errors import DocumentError
from tests.support.shipped import SHIPPED, edit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the shipped platform."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("qualifiedBy: staging", "qualifiedBy: stagin", "did you mean 'staging'"),
        ("qualifiedBy: staging", "qualifiedBy: production", "'production' is not another environment"),
        ("  recordKeys: platforms/isectech/record-keys/staging.pub\n", "", "recordKeys is missing"),
    ],
)
def test_a_qualifying_environment_whose_records_could_not_count_is_refused(
    folder: Path, old: str, new: str, cause: str
) -> None:
    """The place is that of the key in the document."""
    document = folder / "environments" / "production.yaml"
    edit(document, old, new)
    line = next(n for n, text in enumerate(document.read_text().splitlines(), 1) if "qualifiedBy" in text)

    with pytest.raises(DocumentError, match=rf"production.yaml:{line}:\d+: .*{cause}"):
        load_environment(folder, "production", load_platform(folder), variables={})

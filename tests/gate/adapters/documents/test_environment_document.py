"""What an environment's document says about who is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_environment, load_platform
from gates.errors import DocumentError

SHIPPED = Path(__file__).parents[4] / "platforms" / "isectech"


def test_a_notification_to_a_channel_that_does_not_exist_is_refused_with_its_place(tmp_path: Path) -> None:
    """Nobody would be told."""
    folder = tmp_path / "isectech"
    shutil.copytree(SHIPPED, folder)
    path = folder / "environments" / "staging.yaml"
    text, count = re.subn(r"\bincidents:", "incident:", path.read_text(encoding="utf-8"))
    assert count == 1
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"staging\.yaml:\d+:\d+: unknown channel 'incident'"):
        load_environment(folder, "staging", load_platform(folder))

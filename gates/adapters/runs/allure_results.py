"""What producers attached for Allure: raw where pytest wrote it, without secrets where people read it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from gates.reporting.redaction import Redactor


def publish(raw: Path, folder: Path, redactor: Redactor) -> None:
    """Copy the results in `raw` to `folder` without secrets; a picture is copied as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(one for one in raw.iterdir() if one.is_file()):
        content = file.read_bytes()
        with suppress(UnicodeDecodeError):
            text = content.decode()
            if file.suffix == ".json":
                with suppress(ValueError):  # a test may attach what only looks like JSON
                    text = json.dumps(redactor(json.loads(text)))
            content = redactor.text(text).encode()
        (folder / file.name).write_bytes(content)

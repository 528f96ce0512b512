"""Writes the services' OpenAPI documents: `python -m sandbox.openapi FOLDER` pins what consumers rely on."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from sandbox.topology import SERVICES


def main(folder: Path) -> None:
    """Write one document per service, in an order that does not change by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        document = importlib.import_module(service.module).create_app().openapi()
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / f"{service.name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

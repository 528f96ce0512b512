"""docs/extend.md: its examples are tried on a copy of the shipped platform, as they stand on the page."""

from __future__ import annotations

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.producers.producer_files import existing
from gates.model.criterion import Criterion

ROOT = Path(__file__).parents[4]
SHIPPED = ROOT / "platforms" / "isectech"
PAGE = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the page's one code block of a language."""
    (found,) = re.findall(rf"^ *```{language}\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    return textwrap.dedent(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped platform that a test may change."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))


def criteria(folder: Path) -> dict[str, Criterion]:
    """Return the catalogue of a folder by id."""
    return {one.id: one for one in load_catalogue(folder, load_platform(folder)).criteria}


def test_a_threshold_is_changed_in_one_file(folder: Path) -> None:
    """The page's difference applies to one line, and every criterion of the level follows."""
    lines = block("diff").splitlines()
    before, after = (next(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    path = folder / "criteria" / "service-levels.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")

    shipped, changed = criteria(SHIPPED), criteria(folder)
    assert {one for one in shipped if shipped[one].threshold != changed[one].threshold} >= {
        "SLI-LATENCY",
        "LOD-P95",
    }
    assert {changed[one].threshold for one in ("SLI-LATENCY", "LOD-P95")} == {1500}


LIMIT = re.compile(r'\.demand\(\s*"([A-Z0-9-]+)"\s*\)\s*\.limit\(\s*"(\w+)"\s*\)')


def asked() -> list[tuple[str, str]]:
    """Return the limits that the producers ask for, with their criterion."""
    folders = (ROOT / "tests" / name for name in ("readiness", "validation"))
    texts = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    return sorted({found for text in texts for found in LIMIT.findall(text)})


def test_every_limit_is_changed_in_one_place(folder: Path) -> None:
    """The number of the criterion's document is what a producer gets, and what its statement says."""
    assert len(asked()) >= 15
    texts = {path: path.read_text(encoding="utf-8") for path in (folder / "criteria").glob("*.yaml")}
    for name, limit in asked():
        (path,) = [path for path, text in texts.items() if f"- id: {name}\n" in text]
        head, mark, rest = texts[path].partition(f"- id: {name}\n")
        texts[path] = head + mark + re.sub(rf"\b{limit}: [0-9.]+", f"{limit}: 7171", rest, count=1)
        path.write_text(texts[path], encoding="utf-8")

    shipped, changed = criteria(SHIPPED), criteria(folder)
    assert [one for one in asked() if dict(changed[one[0]].limits)[one[1]] != 7171.0] == []
    assert [one for one in asked() if dict(shipped[one[0]].limits)[one[1]] == 7171.0] == []
    assert [name for name, _ in asked() if "{" in changed[name].statement] == []


def test_a_criterion_is_added_with_one_entry_and_one_producer(folder: Path, tmp_path: Path) -> None:
    """The page's entry is read, knows its place, and its producer is found where the page puts it."""
    path = folder / "criteria" / "health.yaml"
    entry = textwrap.indent(block("yaml"), "    ")
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + entry, encoding="utf-8")
    added = criteria(folder)["HLT-VERSION"]
    assert added.source.anchor == "own"
    assert added.line == path.read_text(encoding="utf-8").splitlines().index("    - id: HLT-VERSION") + 1

    (producer,) = added.producers
    file, _, _ = producer.partition("::")
    code = block("python")
    assert f'criterion("{added.id}")' in code
    written = tmp_path / file
    written.parent.mkdir(parents=True)
    written.write_text(code, encoding="utf-8")
    assert existing([producer], root=tmp_path) == (producer,)

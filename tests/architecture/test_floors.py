"""ARCHITECTURE.md names every room of the gate, on the floor that the import contract gives it."""

from __future__ import annotations

import re
import tomllib

from tests.architecture.source_files import ROOT

_ROW = re.compile(r"^\| (\d+) \| `gates/(\w+)` \|", re.MULTILINE)


def test_the_table_of_rooms_is_the_import_contract() -> None:
    """Same rooms, same floors, from the top down; and the rooms are those that there are."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {one["id"]: one for one in project["tool"]["importlinter"]["contracts"]}
    layers = contracts["layers"]["layers"]
    wanted = [
        (len(layers) - depth, room) for depth, layer in enumerate(layers) for room in layer.split(" | ")
    ]
    rows = [(int(floor), room) for floor, room in _ROW.findall((ROOT / "ARCHITECTURE.md").read_text("utf-8"))]
    there = {
        one.stem
        for one in (ROOT / "gates").iterdir()
        if one.suffix == ".py" or (one / "__init__.py").exists()
    }

    assert sorted(rows) == sorted(wanted)
    assert [floor for floor, _ in rows] == sorted((floor for floor, _ in rows), reverse=True)
    assert {room for _, room in rows} == there - {"__init__"}

"""YAML text as plain values with places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gates.adapters.documents.bench_document import load_bench
from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.documents.runbook_document import load_runbook
from gates.adapters.documents.timeline_document import load_timeline
from gates.adapters.documents.yaml_source import MAXIMUM_CHARACTERS, Place, read_document, read_yaml
from gates.adapters.producers.contract_baseline import load_baseline
from gates.errors import DocumentError
from gates.model.criterion import Catalogue
from tests.support.fake_room import PLATFORM


def causes(text: str) -> list[str]:
    """Return the problems of a text as `line:column: cause`."""
    return [f"{p.line}:{p.column}: {p.cause}" for p in read_yaml(text, "x.yaml").problems]


def test_values_are_plain_and_remember_their_places() -> None:
    """Every value keeps its type, and the line and column of itself and of its key."""
    source = read_yaml("a: 1\nb:\n  - {c: 1.5, d: yes, e: true, f: ~}\n  - 2024-02-29\n", "x.yaml")

    assert source.problems == []
    assert source.value == {"a": 1, "b": [{"c": 1.5, "d": "yes", "e": True, "f": None}, "2024-02-29"]}
    assert source.place(("b", 0, "c")) == Place(3, 9)
    assert source.place(("b", 0, "c"), of_key=True) == Place(3, 6)


def test_the_place_of_what_is_not_there_is_that_of_its_surroundings() -> None:
    """A missing value is reported where it would belong."""
    source = read_yaml("a:\n  b: 1\n", "x.yaml")

    assert source.place(("a", "z", "y")) == Place(2, 3)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a: .nan", "1:4: .nan is not a finite decimal number"),
        ("a: -.inf", "1:4: -.inf is not a finite decimal number"),
        ("a: 1e999", "1:4: 1e999 is not a finite number"),
        ("a: 0x1F", "1:4: 0x1F is not a finite decimal number"),
        ("a: " + "9" * 50, "1:4: a number of that many digits is a mistake"),
        ("a: &b 1", "1:4: anchors and aliases are not allowed: write the value out"),
        ("a: !python/name:os.system x", "1:4: tag !python/name:os.system is not allowed"),
        ("? [1]\n: 2", "1:3: a key is a word"),
        ('a: "\\ud800"', "1:4: not valid Unicode"),
        ("", "1:1: the document is empty"),
        (
            "a: [",
            "1:5: not YAML: while parsing a flow node, expected the node content, but found '<stream end>'",
        ),
    ],
)
def test_what_json_has_not_is_refused_at_its_place(text: str, cause: str) -> None:
    """Special numbers, anchors, tags, broken text: each is named with line and column."""
    assert causes(text) == [cause]


def test_a_repeated_key_is_refused_and_points_at_the_first() -> None:
    """Two values for one key would hide one of them."""
    assert causes("a: 1\nb: 2\na: 3\n") == ["3:1: key 'a' is written twice, first in line 1"]


def test_all_problems_of_a_text_are_found_at_once() -> None:
    """A person mends a file in one go."""
    assert len(causes("a: .nan\nb: !x y\na: 1\nc: &d [1]\n")) == 4


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: b: c", id="a mapping in a value"),
        pytest.param("a: 1\n---\nb: 2", id="two documents"),
        pytest.param("a: *x", id="an alias of nothing"),
        pytest.param("a: \x00", id="a control character"),
        pytest.param("a:\n\t- b", id="a tab"),
        pytest.param("[" * 100_000, id="deep in a flow"),
        pytest.param("- " * 100_000, id="deep in blocks"),
        pytest.param("%YAML 9.9\n---\na: 1", id="a version to come"),
    ],
)
def test_hostile_or_broken_text_becomes_one_problem(text: str) -> None:
    """Nothing that can be written makes the reader raise."""
    assert len(causes(text)) == 1


def test_a_text_beyond_all_measure_is_not_parsed() -> None:
    """A document of a person has a bounded length."""
    assert causes("#" * (MAXIMUM_CHARACTERS + 1)) == ["1:1: longer than 1,000,000 characters"]


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda _path: None, "cannot be read: No such file"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.write_bytes(b"a: \xff"), "not UTF-8 at byte 3"),
    ],
)
def test_a_file_that_is_no_text_is_refused(
    tmp_path: Path, write: Callable[[Path], object], said: str
) -> None:
    """Not there, a folder, other bytes."""
    write(tmp_path / "x.yaml")

    with pytest.raises(DocumentError, match=said):
        read_document(tmp_path / "x.yaml")


CATALOGUE = Catalogue(criteria=(), digest="d")


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("platform.yaml", load_platform),
        ("criteria/x.yaml", lambda folder: load_catalogue(folder, PLATFORM)),
        ("timeline.yaml", lambda folder: load_timeline(folder, CATALOGUE)),
        ("runbooks/x.yaml", lambda folder: load_runbook(folder, "x", PLATFORM)),
        ("bench.yaml", lambda folder: load_bench(folder, PLATFORM, CATALOGUE)),
        ("contract-baseline.yaml", lambda folder: load_baseline(folder, PLATFORM)),
    ],
)
def test_every_document_that_is_no_text_is_a_wrong_document(
    tmp_path: Path, name: str, load: Callable[[Path], object]
) -> None:
    """Whoever saved it in another encoding is told so, and not that the gate is broken."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes("a: é".encode("latin-1"))

    with pytest.raises(DocumentError, match="not UTF-8"):
        load(tmp_path)

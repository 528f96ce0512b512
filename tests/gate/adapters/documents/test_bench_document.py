"""bench.yaml: what it says, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.adapters.documents.bench_document import load_bench
from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.errors import DocumentError
from gates.model.bench import Arm, ArmKind

PLATFORM = Path(__file__).parents[4] / "platforms" / "isectech"
HEAD = "apiVersion: release-gate/v1\nkind: Bench\nmetadata: {name: bench}\nspec:\n  arms:\n"
BAD = "    - {id: X1, kind: known-bad, summary: s, service: frontend, image: 'a/b:1', criteria: [HLT-LIVE]}\n"


def load(folder: Path, arms: str) -> tuple[Arm, ...]:
    """Load a document with these arms."""
    (folder / "bench.yaml").write_text(HEAD + arms, encoding="utf-8")
    platform = load_platform(PLATFORM)
    return load_bench(folder, platform, load_catalogue(PLATFORM, platform))


def test_an_arm_says_what_is_true_of_a_release(tmp_path: Path) -> None:
    """With its defaults: all traffic, one run."""
    (arm,) = load(tmp_path, BAD)
    assert (arm.kind, arm.service, arm.criteria) == (ArmKind.KNOWN_BAD, "frontend", ("HLT-LIVE",))
    assert (arm.percent, arm.tag, arm.repeat, arm.stage) == (100, "", 1, None)


def test_a_file_of_somebody_else_is_found_beside_the_document(tmp_path: Path) -> None:
    """`py:file.py:app` is relative to the folder; an absolute one and a registry's image stay."""
    arms = BAD.replace("a/b:1", "py:mine.py:app") + BAD.replace("a/b:1", "py:/x/y.py:app").replace("X1", "X2")
    assert [arm.image for arm in load(tmp_path, arms)] == [f"py:{tmp_path}/mine.py:app", "py:/x/y.py:app"]


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (BAD.replace("frontend", "fronted"), "did you mean"),
        (BAD.replace("HLT-LIVE", "HLT-LIFE"), "did you mean"),
        (BAD.replace("[HLT-LIVE]", "[]"), "names the criteria that must fail"),
        (BAD.replace("known-bad", "benign"), "nothing may fail here"),
        (BAD + BAD, "'X1' is listed twice in arms"),
        (BAD.replace("service: frontend, ", ""), "an image needs a service"),
        (BAD.replace("image: 'a/b:1'", "percent: 10"), "a share or a tag needs an image"),
        (BAD.replace("image: 'a/b:1'", "apply: [x]"), "must be restored"),
        (BAD.replace("image: 'a/b:1', ", ""), "nothing is changed"),
        (BAD.replace("summary: s", "sumary: s"), "unknown key"),
    ],
)
def test_a_document_that_contradicts_itself_is_refused(tmp_path: Path, arms: str, message: str) -> None:
    """Each problem names its place."""
    with pytest.raises(DocumentError, match=message):
        load(tmp_path, arms)


def test_a_missing_document_is_said(tmp_path: Path) -> None:
    """Nothing is measured without a truth."""
    platform = load_platform(PLATFORM)
    with pytest.raises(DocumentError, match="cannot be read"):
        load_bench(tmp_path, platform, load_catalogue(PLATFORM, platform))

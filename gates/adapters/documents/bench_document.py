"""`bench.yaml`: the arms of the gate's own benchmark, and what is true of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gates.adapters.documents.document_files import document_at
from gates.adapters.documents.document_problems import Problem, refuse
from gates.adapters.documents.document_types import (
    Envelope,
    Filled,
    Strict,
    Text,
    known,
    shaped,
    validate,
)
from gates.adapters.documents.yaml_source import Source, read_document
from gates.model.bench import Arm, ArmKind, Proof
from gates.model.criterion import Catalogue, Stage
from gates.model.platform import Platform

FILE = "bench.yaml"
_RELATIVE_FILE = re.compile(r"py:(?P<file>[^/:][^:]*\.py):(?P<attribute>\w+)")


class ArmPart(Strict):
    """One arm."""

    id: Annotated[str, shaped(r"^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$", "M14-slow")]
    kind: ArmKind
    summary: Text
    service: Annotated[str, known("subject")] = ""
    image: str = ""
    criteria: tuple[Annotated[str, known("criterion")], ...] = ()
    stage: Stage | None = None
    percent: Annotated[int, Field(ge=0, le=100)] = 100
    tag: str = ""
    repeat: Annotated[int, Field(ge=1, le=1000)] = 1
    apply: tuple[Text, ...] = ()
    restore: tuple[Text, ...] = ()
    after_seconds: Annotated[float, Field(ge=0)] = 0.0
    settle_seconds: Annotated[float, Field(ge=0, le=600)] = 0.0
    variables: dict[str, str] = Field(default_factory=dict)


class ProofPart(Strict):
    """One known-bad state that a test shows."""

    id: Annotated[str, shaped(r"^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$", "M14-slow")]
    summary: Text
    test: Annotated[
        str, shaped(r"^tests/[\w/]+\.py::test_\w+$", "tests/gate/workflows/test_pipeline.py::test_a_run")
    ]
    criteria: tuple[Annotated[str, known("criterion")], ...] = ()


class BenchPart(Strict):
    """The `spec` of a benchmark."""

    arms: Annotated[tuple[ArmPart, ...], Filled]
    proofs: tuple[ProofPart, ...] = ()


class BenchDocument(Envelope):
    """bench.yaml."""

    kind: Literal["Bench"]
    spec: BenchPart


def load_bench(folder: Path, platform: Platform, catalogue: Catalogue) -> tuple[Arm, ...]:
    """Return the arms that `folder`/bench.yaml describes; `py:file.py:app` is relative to the folder.

    Raises:
        DocumentError: there is no such document, or it is wrong; every problem is named.
    """
    return tuple(_value(part, folder) for part in _read(folder, platform, catalogue).arms)


def load_proofs(folder: Path, platform: Platform, catalogue: Catalogue) -> tuple[Proof, ...]:
    """Return the known-bad states of `folder`/bench.yaml that tests show.

    Raises:
        DocumentError: as for `load_bench`.
    """
    return tuple(
        Proof(id=part.id, summary=part.summary, test=part.test, criteria=part.criteria)
        for part in _read(folder, platform, catalogue).proofs
    )


def _read(folder: Path, platform: Platform, catalogue: Catalogue) -> BenchPart:
    source = read_document(document_at(folder, FILE.removesuffix(".yaml")))
    words = {
        "subject": ("platform", *platform.service_names),
        "criterion": tuple(criterion.id for criterion in catalogue.criteria),
    }
    document, problems = validate(source, BenchDocument, words)
    if document is not None:
        problems += _flaws(source, document.spec.arms, platform)
    refuse(problems)
    if document is None:
        raise AssertionError("a document without problems has a value")
    return document.spec


def _flaws(source: Source, arms: Sequence[ArmPart], platform: Platform) -> list[Problem]:
    """Return what contradicts itself: a bad arm that names no reason, an image without a service."""
    flaws: list[Problem] = []
    seen: set[str] = set()
    for index, arm in enumerate(arms):
        for wrong, field, cause in _rules(arm, seen, platform):
            if wrong:
                flaws.append(source.problem(("spec", "arms", index, field), f"{arm.id}: {cause}"))
        seen.add(arm.id)
    return flaws


def _rules(arm: ArmPart, seen: set[str], platform: Platform) -> tuple[tuple[bool, str, str], ...]:
    is_split = arm.percent < 100 or bool(arm.tag)  # noqa: PLR2004 - per cent
    return (
        (arm.id in seen, "id", "the id is used twice"),
        (arm.kind.is_bad and not arm.criteria, "criteria", "a bad release names the criteria that must fail"),
        (not arm.kind.is_bad and bool(arm.criteria), "criteria", "nothing may fail here"),
        (
            bool(arm.image) and arm.service not in platform.service_names,
            "service",
            "an image needs a service",
        ),
        (is_split and not arm.image, "image", "a share or a tag needs an image"),
        (arm.kind is not ArmKind.GOOD and not _changes(arm), "image", "nothing is changed"),
        (bool(arm.apply) and not arm.restore, "restore", "what is applied must be restored"),
    )


def _changes(arm: ArmPart) -> bool:
    return bool(arm.image or arm.apply or arm.variables)


def _value(part: ArmPart, folder: Path) -> Arm:
    return Arm(
        id=part.id,
        kind=part.kind,
        summary=part.summary,
        service=part.service,
        image=_absolute(part.image, folder),
        criteria=part.criteria,
        stage=part.stage,
        percent=part.percent,
        tag=part.tag,
        repeat=part.repeat,
        apply=part.apply,
        restore=part.restore,
        after_s=part.after_seconds,
        settle_s=part.settle_seconds,
        variables=tuple(part.variables.items()),
    )


def _absolute(image: str, folder: Path) -> str:
    match = _RELATIVE_FILE.fullmatch(image)
    return image if match is None else f"py:{(folder / match['file']).resolve()}:{match['attribute']}"

"""`bench.yaml`: the arms of the gate's own benchmark, and what is true of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gates.adapters.documents.document_files import document_at
from gates.adapters.documents.document_parts import document, entries, written
from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_reading import load
from gates.adapters.documents.yaml_source import Source
from gates.model.bench import Arm, ArmKind, Proof
from gates.model.criterion import Catalogue
from gates.model.platform import Platform

_RELATIVE_FILE = re.compile(r"py:(?P<file>[^/:][^:]*\.py):(?P<attribute>\w+)")


BENCH = document("Bench", {"arms": entries(Arm), "proofs": (written(tuple[Proof, ...]), None)})


def load_bench(folder: Path, platform: Platform, catalogue: Catalogue) -> tuple[Arm, ...]:
    """Return the arms that `folder`/bench.yaml describes; `py:file.py:app` is relative to the folder.

    Raises:
        DocumentError: there is no such document, or it is wrong; every problem is named.
    """
    arms: tuple[Arm, ...] = _read(folder, platform, catalogue)["arms"]
    return tuple(replace(arm, image=_absolute(arm.image, folder)) for arm in arms)


def load_proofs(folder: Path, platform: Platform, catalogue: Catalogue) -> tuple[Proof, ...]:
    """Return the known-bad states of `folder`/bench.yaml that tests show.

    Raises:
        DocumentError: as for `load_bench`.
    """
    proofs: tuple[Proof, ...] = _read(folder, platform, catalogue).get("proofs", ())
    return proofs


def _read(folder: Path, platform: Platform, catalogue: Catalogue) -> dict[str, Any]:
    words = {
        "subject": ("platform", *platform.service_names),
        "criterion": tuple(criterion.id for criterion in catalogue.criteria),
    }
    path = document_at(folder, "bench")
    spec: dict[str, Any] = load(
        path, BENCH, words, lambda source, spec: _flaws(source, spec["arms"], platform)
    )
    return spec


def _flaws(source: Source, arms: Sequence[Arm], platform: Platform) -> Iterator[Problem]:
    """Yield what contradicts itself: a bad arm that names no reason, an image without a service."""
    for index, arm in enumerate(arms):
        for wrong, field, cause in _rules(arm, platform):
            if wrong:
                yield source.problem(("spec", "arms", index, field), f"{arm.id}: {cause}")


def _rules(arm: Arm, platform: Platform) -> tuple[tuple[bool, str, str], ...]:
    is_split = arm.percent < 100 or bool(arm.tag)  # noqa: PLR2004 - per cent
    return (
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


def _changes(arm: Arm) -> bool:
    return bool(arm.image or arm.apply or arm.variables)


def _absolute(image: str, folder: Path) -> str:
    match = _RELATIVE_FILE.fullmatch(image)
    return image if match is None else f"py:{(folder / match['file']).resolve()}:{match['attribute']}"

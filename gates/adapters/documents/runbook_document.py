"""`runbooks/*.yaml`: procedures as lists of steps; every problem is named with its line and column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from gates.adapters.documents.document_files import document_named, documents_in
from gates.adapters.documents.document_parts import document, entries, keys, part
from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_reading import load
from gates.adapters.documents.document_types import Word
from gates.adapters.documents.yaml_source import Location, Source
from gates.model.likeness import meant
from gates.model.platform import Platform
from gates.model.runbook import Runbook, RunbookStep, StepState

_PLACEHOLDER = "{service}"


def _condition(step: str, is_: str = "failed") -> dict[str, Any]:
    return {"after": step, "after_state": StepState(is_.upper())}


def _step(only_if: Mapping[str, Any] | None = None, **given: Any) -> RunbookStep:
    return RunbookStep(**given, **(only_if or {}))


_CONDITION = part({"step": (Word, ...), "is_": (Literal["failed", "done"], None)}, _condition)
_STEP = keys(RunbookStep, without=("after", "after_state")) | {"only_if": (_CONDITION, None)}
RUNBOOK = document("Runbook", keys(Runbook, only=("title", "when")) | {"steps": entries(part(_STEP, _step))})


def runbook_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all runbooks of a platform, sorted."""
    return tuple(documents_in(folder / "runbooks"))


def load_runbook(folder: Path, name: str, platform: Platform) -> Runbook:
    """Return one runbook.

    Raises:
        UsageError: there is no such runbook.
        DocumentError: its document is wrong.
    """
    words = {"service": platform.service_names, "role": platform.roles}
    return Runbook(name=name, **load(document_named(folder, "runbook", name), RUNBOOK, words, _flaws))


def _flaws(source: Source, spec: Mapping[str, Any]) -> Iterator[Problem]:
    seen: list[str] = []
    for index, step in enumerate(spec["steps"]):
        for where, cause in _step_flaws(step, seen):
            yield source.problem(("spec", "steps", index, *where), cause)
        seen.append(step.id)


def _step_flaws(step: RunbookStep, seen: Collection[str]) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with a step: where in it, and the cause."""
    if bool(step.command) == bool(step.question):
        yield (), f"the step '{step.id}' has either run or ask"
    if step.question and not step.role:
        yield (), f"the step '{step.id}' asks, so it names the role that answers"
    if step.after and step.after not in seen:
        yield ("onlyIf", "step"), f"no earlier step is called '{step.after}'{meant(step.after, seen)}"
    for position, word in enumerate(step.command):
        if "{" in word.replace(_PLACEHOLDER, ""):
            yield ("run", position), f"'{word}': only {_PLACEHOLDER} can be filled in"

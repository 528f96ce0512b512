"""`runbooks/*.yaml`: procedures as lists of steps; every problem is named with its line and column."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gates.adapters.documents.document_files import documents_in
from gates.adapters.documents.document_problems import Problem, refuse
from gates.adapters.documents.document_types import (
    Envelope,
    Filled,
    Role,
    Strict,
    Text,
    Word,
    validate,
)
from gates.adapters.documents.yaml_source import Location, Source, read_document
from gates.model.likeness import meant, refuse_unknown
from gates.model.platform import Platform
from gates.model.runbook import Runbook, RunbookStep, StepState

_PLACEHOLDER = "{service}"


class ConditionPart(Strict):
    """What must have come of an earlier step."""

    step: Word
    is_: Annotated[Literal["failed", "done"], Field(alias="is")] = "failed"


class StepPart(Strict):
    """One step: `run` for a command of the gate, `ask` and `role` for a person."""

    id: Word
    title: Text
    run: tuple[Text, ...] = ()
    ask: Text | None = None
    role: Role | None = None
    only_if: ConditionPart | None = None
    disruptive: bool = False


class RunbookPart(Strict):
    """The `spec` of a runbook."""

    title: Text
    when: Text
    steps: Annotated[tuple[StepPart, ...], Filled]


class RunbookDocument(Envelope):
    """runbooks/<name>.yaml."""

    kind: Literal["Runbook"]
    spec: RunbookPart


def runbook_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all runbooks of a platform, sorted."""
    return tuple(documents_in(folder / "runbooks"))


def load_runbook(folder: Path, name: str, platform: Platform) -> Runbook:
    """Return one runbook.

    Raises:
        DocumentError: there is no such runbook, or its document is wrong.
    """
    known = runbook_names(folder)
    if name not in known:
        refuse_unknown("runbook", (name,), known, next_step=f"they stand in {folder / 'runbooks'}")
    path = documents_in(folder / "runbooks")[name]
    source = read_document(path)
    words = {"service": platform.service_names, "role": platform.roles}
    document, problems = validate(source, RunbookDocument, words)
    if document is not None:
        problems += _flaws(source, document)
    refuse(problems)
    if document is None:
        raise AssertionError("a document without problems has a value")
    spec = document.spec
    return Runbook(name=name, title=spec.title, when=spec.when, steps=tuple(map(_step, spec.steps)))


def _flaws(source: Source, document: RunbookDocument) -> list[Problem]:
    problems: list[Problem] = []
    stem = Path(source.path).stem
    if document.metadata.name != stem:
        cause = (
            f"'{document.metadata.name}' is in {Path(source.path).name}: a document has the name of its file"
        )
        problems.append(source.problem(("metadata", "name"), cause))
    seen: list[str] = []
    for index, step in enumerate(document.spec.steps):
        at: Location = ("spec", "steps", index)
        problems += [source.problem((*at, *where), cause) for where, cause in _step_flaws(step, seen)]
        seen.append(step.id)
    return problems


def _step_flaws(step: StepPart, seen: Collection[str]) -> list[tuple[Location, str]]:
    """Return what is wrong with a step: where in it, and the cause."""
    flaws: list[tuple[Location, str]] = []
    if step.id in seen:
        flaws.append((("id",), f"the step '{step.id}' is there twice"))
    if bool(step.run) == bool(step.ask):
        flaws.append(((), f"the step '{step.id}' has either run or ask"))
    if step.ask and not step.role:
        flaws.append(((), f"the step '{step.id}' asks, so it names the role that answers"))
    if step.only_if and step.only_if.step not in seen:
        cause = f"no earlier step is called '{step.only_if.step}'{meant(step.only_if.step, seen)}"
        flaws.append((("onlyIf", "step"), cause))
    for position, word in enumerate(step.run):
        if "{" in word.replace(_PLACEHOLDER, ""):
            flaws.append((("run", position), f"'{word}': only {_PLACEHOLDER} can be filled in"))
    return flaws


def _step(part: StepPart) -> RunbookStep:
    condition = part.only_if
    return RunbookStep(
        id=part.id,
        title=part.title,
        command=part.run,
        question=part.ask or "",
        role=part.role or "",
        after=condition.step if condition else "",
        after_state=StepState(condition.is_.upper()) if condition else StepState.FAILED,
        is_guarded=part.disruptive,
    )

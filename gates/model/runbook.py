"""A procedure as data: what a person on call does step by step, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StepState(StrEnum):
    """What came of a step."""

    DONE = "DONE"
    """Its command exited with 0, or a person said that it is done."""
    FAILED = "FAILED"
    """Its command exited with another code, or a person said that it is not done."""
    PENDING = "PENDING"
    """No person was there to do it or to confirm it."""
    SKIPPED = "SKIPPED"
    """Its condition did not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookStep:
    """One step: a command of the gate, or a task that a person does and confirms.

    `command` may hold `{service}`. `after` names an earlier step, and `after_state` what must have come of
    it, else this one is skipped. A guarded step is disruptive: a person confirms it first.
    """

    id: str
    title: str
    command: tuple[str, ...] = ()
    question: str = ""
    role: str = ""
    after: str = ""
    after_state: StepState = StepState.FAILED
    is_guarded: bool = False

    @property
    def is_manual(self) -> bool:
        """Whether a person does it."""
        return not self.command


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """One procedure."""

    name: str
    title: str
    when: str
    steps: tuple[RunbookStep, ...]

    @property
    def needs_service(self) -> bool:
        """Whether a step needs the name of a service."""
        return any("{service}" in word for step in self.steps for word in step.command)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What came of one step; `by` and `note` are the person's, `output` the command's."""

    step: RunbookStep
    state: StepState
    at: datetime
    note: str = ""
    by: str = ""
    output: str = ""
    command: tuple[str, ...] = ()
    """The command as it was called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookReport:
    """One run of a runbook from its first to its last step."""

    runbook: Runbook
    environment: str
    service: str
    by: str
    began_at: datetime
    results: tuple[StepResult, ...]

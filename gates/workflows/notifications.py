"""Notifications through the environment's channels, sent after an action and never in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gates.aside import aside, note
from gates.model.decision import Decision
from gates.model.incident import NoticeResult
from gates.model.receipt import Receipt
from gates.model.record import DecisionRecord
from gates.reporting import notices

DECIDED, ENDED = "decided", "carried out"


class Channels(Protocol):
    """Sends a notification to every channel that has not had it yet."""

    def tell(self, about: str, event: str, text: str) -> Sequence[NoticeResult]:
        """Return the result of each channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """Notifies of the runs and rollbacks of one environment; without `channels` nothing is sent.

    `folder_of` returns the folder of a run.
    """

    place: str
    channels: Callable[[], Channels] | None
    folder_of: Callable[[str], str]

    def tell(self, about: str, event: str, text: str) -> None:
        """Notify every channel once; a failure is reported, and changes nothing else."""
        if self.channels is None:
            return
        with aside(f"notifying of {event}"):
            for one in self.channels().tell(about, event, text):
                if one.detail:
                    note(f"{one.notice.channel} was not notified of {event}: {one.detail}")

    def run(self, run_id: str, decision: Decision, receipts: Sequence[Receipt]) -> None:
        """Notify of a decision that waits for a person, and of how rollbacks ended."""
        if receipts:
            self.rollback(run_id, receipts)
        elif decision.due is not None:
            self.tell(run_id, DECIDED, notices.decided(self.place, self.folder_of(run_id), decision))

    def record(self, record: DecisionRecord) -> None:
        """Notify of what a whole run decided and did."""
        self.run(record.run_id, record.decision, record.receipts)

    def slot(self, golive: str, slot: str, event: str, text: str) -> None:
        """Notify of what happened at a checkpoint of a go-live."""
        said = notices.slot(self.place, golive, slot, f"{event}: {text}")
        self.tell(f"go-live {golive}", f"{slot} {event}", said)

    def rollback(self, run_id: str, receipts: Sequence[Receipt], event: str = ENDED) -> None:
        """Notify of how rollbacks ended; a resume is an event of its own."""
        if receipts:
            self.tell(run_id, event, notices.rolled_back(self.place, receipts))

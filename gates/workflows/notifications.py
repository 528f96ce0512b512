"""Telling people through the environment's channels: after the act, never instead of it."""

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
    """Tells every channel of an event that was not told of it yet."""

    def tell(self, about: str, event: str, text: str) -> Sequence[NoticeResult]:
        """Return how it went at each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """Tells what became of runs and rollbacks of one environment; without `channels` nobody is told.

    `folder_of` says where a run is kept.
    """

    place: str
    channels: Callable[[], Channels] | None
    folder_of: Callable[[str], str]

    def tell(self, about: str, event: str, text: str) -> None:
        """Tell every channel once; what could not be told is said, and changes nothing else."""
        if self.channels is None:
            return
        with aside(f"telling of {event}"):
            for one in self.channels().tell(about, event, text):
                if one.detail:
                    note(f"{one.notice.channel} was not notified of {event}: {one.detail}")

    def run(self, run_id: str, decision: Decision, receipts: Sequence[Receipt]) -> None:
        """Tell what a run decided, where somebody has to act, and how its rollbacks ended."""
        if receipts:
            self.rollback(run_id, receipts)
        elif decision.due is not None:
            self.tell(run_id, DECIDED, notices.decided(self.place, self.folder_of(run_id), decision))

    def record(self, record: DecisionRecord) -> None:
        """Tell what a whole run decided and did."""
        self.run(record.run_id, record.decision, record.receipts)

    def slot(self, golive: str, slot: str, event: str, text: str) -> None:
        """Tell what became of a slot of a go-live."""
        said = notices.slot(self.place, golive, slot, f"{event}: {text}")
        self.tell(f"go-live {golive}", f"{slot} {event}", said)

    def rollback(self, run_id: str, receipts: Sequence[Receipt], event: str = ENDED) -> None:
        """Tell how rollbacks ended; a resume is an event of its own."""
        if receipts:
            self.tell(run_id, event, notices.rolled_back(self.place, receipts))

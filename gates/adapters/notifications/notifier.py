"""Notifies the channels of an environment: of each event once, however often commands look.

No action depends on it: it never raises, and takes at most as long as its slowest channel may.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gates.adapters.ledger.incident_ledger import IncidentLedger
from gates.adapters.machine.clock import SystemClock
from gates.adapters.notifications.channel_sender import ChannelSender
from gates.errors import LedgerError
from gates.model.clock import Clock
from gates.model.incident import Notice, NoticeResult
from gates.model.platform import Environment, Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Notifies `channels`; `clean` takes out secrets."""

    told: IncidentLedger
    sender: ChannelSender
    channels: tuple[str, ...]
    clock: Clock
    clean: Callable[[str], str]

    @classmethod
    def of(
        cls, platform: Platform, environment: Environment, ledger: Path, clean: Callable[[str], str]
    ) -> Notifier:
        """Return the notifier of an environment."""
        clock = SystemClock()
        return cls(
            told=IncidentLedger(ledger, environment.name),
            sender=ChannelSender(platform.channels, dict(environment.notifications), clock),
            channels=tuple(name for name, _ in environment.notifications),
            clock=clock,
            clean=clean,
        )

    def tell(self, about: str, event: str, text: str) -> tuple[NoticeResult, ...]:
        """Notify every channel that was not notified of this event of `about` yet, and return how it went.

        If the ledger cannot be asked, every channel is notified: twice is better than never.
        """
        said = self.clean(text)
        wanted = tuple(Notice(incident=about, step=event, channel=name, text=said) for name in self.channels)
        try:
            claimed = self.told.claim(wanted, self.clock.now())
        except LedgerError:
            return self.sender.send(wanted)
        results = self.sender.send(claimed)
        with suppress(LedgerError):  # what is not recorded is sent again
            self.told.record(results)
        return results

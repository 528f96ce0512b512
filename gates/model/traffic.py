"""Where requests go."""

from __future__ import annotations

from dataclasses import dataclass

MAINTENANCE_TAG = "maintenance"
"""The tag of the maintenance page; a service whose traffic has it is in maintenance."""
BEHIND_TAG = "behind"
"""The tag of the revision that is staged behind the maintenance page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficTarget:
    """One line of a traffic list: a revision (None means the latest ready one), its percent, its tag."""

    revision: str | None
    percent: int = 0
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSplit:
    """A service's whole traffic list.

    Raises:
        ValueError: the percentages do not sum to 100.
    """

    targets: tuple[TrafficTarget, ...]

    def __post_init__(self) -> None:
        total = sum(target.percent for target in self.targets)
        if total != 100:  # noqa: PLR2004 - per cent
            raise ValueError(f"traffic percentages sum to 100, got {total}")

    def all_to(self, revision: str) -> TrafficSplit:
        """Return the split with all traffic on `revision` and every tag kept where it points."""
        tags = tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in self.targets if t.tag)
        return TrafficSplit(targets=(TrafficTarget(revision=revision, percent=100), *tags))

    @property
    def is_in_maintenance(self) -> bool:
        """Whether the maintenance page has traffic."""
        return any(target.tag == MAINTENANCE_TAG and target.percent > 0 for target in self.targets)

    @property
    def behind(self) -> str:
        """The revision that is staged behind the maintenance page, or an empty text."""
        return next((t.revision or "" for t in self.targets if t.tag == BEHIND_TAG), "")

    def with_behind(self, revision: str) -> TrafficSplit:
        """Return the split with another revision waiting, and all percentages as they are."""
        kept = tuple(target for target in self.targets if target.tag != BEHIND_TAG)
        return TrafficSplit(targets=(*kept, TrafficTarget(revision=revision, tag=BEHIND_TAG)))

    def all_to_latest(self) -> TrafficSplit:
        """Return the split with all traffic on the latest ready revision and every tag kept."""
        tags = tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in self.targets if t.tag)
        return TrafficSplit(targets=(TrafficTarget(revision=None, percent=100), *tags))

    @property
    def is_pinned(self) -> bool:
        """Whether a later deployment would get no traffic: no percent follows the latest revision."""
        return not any(target.revision is None and target.percent > 0 for target in self.targets)

    def percent_of(self, revision: str) -> int:
        """Return the percentage that goes to `revision` by name."""
        return sum(target.percent for target in self.targets if target.revision == revision)

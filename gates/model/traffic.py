"""Where requests go."""

from __future__ import annotations

from collections import Counter
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

    def __str__(self) -> str:
        return ", ".join(
            f"{target.revision or 'LATEST'}={target.percent}%" + (f" tag={target.tag}" if target.tag else "")
            for target in self.targets
        )

    def is_same_routing(self, other: TrafficSplit) -> bool:
        """Whether both lists send the same percentages and tags to the same places, in whatever order."""
        return self._shares() == other._shares() and self._tags() == other._tags()

    def sole_of(self, latest: str) -> str | None:
        """Return the revision that gets everything once `latest` is the latest ready one; None in a split."""
        bearing = {target.revision or latest for target in self.targets if target.percent}
        return bearing.pop() if len(bearing) == 1 else None

    def all_to(self, revision: str | None) -> TrafficSplit:
        """Return the split with all traffic on `revision`, None for the latest, and every tag kept."""
        return TrafficSplit(targets=(TrafficTarget(revision=revision, percent=100), *self.tagged))

    @property
    def tagged(self) -> tuple[TrafficTarget, ...]:
        """The tags and where they point, without their traffic."""
        return tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in self.targets if t.tag)

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
        return self.with_tag(BEHIND_TAG, revision)

    def with_tag(self, tag: str, revision: str) -> TrafficSplit:
        """Return the split with the tag on that revision alone."""
        kept = self.without_tags(tag)
        return TrafficSplit(targets=(*kept.targets, TrafficTarget(revision=revision, tag=tag)))

    def without_tags(self, *tags: str) -> TrafficSplit:
        """Return the split without what stands under these tags."""
        return TrafficSplit(targets=tuple(target for target in self.targets if target.tag not in tags))

    @property
    def is_pinned(self) -> bool:
        """Whether a later deployment would get no traffic: no percent follows the latest revision."""
        return not any(target.revision is None and target.percent > 0 for target in self.targets)

    def percent_of(self, revision: str) -> int:
        """Return the percentage that goes to `revision` by name."""
        return sum(target.percent for target in self.targets if target.revision == revision)

    def _shares(self) -> Counter[str | None]:
        shares: Counter[str | None] = Counter()
        for target in self.targets:
            if target.percent:
                shares[target.revision] += target.percent
        return shares

    def _tags(self) -> dict[str, str | None]:
        return {target.tag: target.revision for target in self.targets if target.tag}

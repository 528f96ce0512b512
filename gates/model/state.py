"""What the cloud says of a service right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.model.access import OPEN
from gates.model.traffic import TrafficSplit

MADE = "gate/made"
"""Annotation of a revision that the gate made itself: its purpose and its own name, `drill X-drill-1`.

The name belongs to it because a later deployment copies the template with its annotations.
"""


class Purpose(StrEnum):
    """Why the gate made a revision."""

    PAGE = "maintenance-page"
    RESUMED = "after-maintenance"
    DRILL = "drill"
    REDEPLOY = "redeploy"

    @property
    def wording(self) -> str:
        """The purpose in words, about the revision."""
        return {
            Purpose.PAGE: "the maintenance page",
            Purpose.RESUMED: "a copy that ended maintenance",
            Purpose.DRILL: "a copy that a drill made",
            Purpose.REDEPLOY: "a copy that `gate redeploy` made",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionState:
    """One revision as the cloud lists it; `name` is the short name."""

    name: str
    image: str
    digest: str
    created_at: datetime
    is_ready: bool
    detail: str = ""
    created_by: str = ""
    """Who deployed it, as the cloud says; empty when it does not."""
    annotations: tuple[tuple[str, str], ...] = ()
    """Pairs that were written on the revision when it was deployed."""

    def annotation(self, name: str) -> str:
        """Return an annotation, or an empty text."""
        return dict(self.annotations).get(name, "")

    @property
    def purpose(self) -> Purpose | None:
        """Why the gate made this revision; None if it was not made by the gate."""
        purpose, _, name = self.annotation(MADE).partition(" ")
        return Purpose(purpose) if name == self.name and purpose in set(Purpose) else None

    @property
    def is_release(self) -> bool:
        """Whether it is a release: maintenance pages and copies of drills never wait for traffic."""
        return self.purpose in (None, Purpose.REDEPLOY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """One service as the cloud describes it.

    `service` is the platform's name of it. `traffic` is the wanted split, `serving` the pairs (revision,
    percent) that the cloud reports as applied, tag-only entries left out. While `is_reconciling`, `serving`
    and `latest_ready` may still change.
    """

    service: str
    uri: str
    etag: str
    is_reconciling: bool
    is_ready: bool
    latest_ready: str
    latest_created: str
    traffic: TrafficSplit
    serving: tuple[tuple[str, int], ...]
    detail: str = ""
    tag_uris: tuple[tuple[str, str], ...] = ()
    """Pairs (revision, URL) of the tags that point to a revision."""
    audience: str = ""
    """What an ID token of a caller is meant for; empty if Cloud Run asks for none."""
    ingress: str = OPEN
    managed_by: str = ""
    """Another tool that deploys this service, as its labels say: it may set the traffic again."""

    @property
    def sole_serving(self) -> str | None:
        """The revision that has all the traffic, or None when it is split or unknown."""
        whole = [revision for revision, percent in self.serving if percent == 100]  # noqa: PLR2004
        return whole[0] if len(whole) == 1 else None

    @property
    def main_revision(self) -> str:
        """The revision with the most traffic; the latest ready one while none is reported to serve."""
        return max(self.serving, key=lambda pair: pair[1], default=(self.latest_ready, 0))[0]

    @property
    def named(self) -> frozenset[str]:
        """The revisions that the traffic list gives a share, the latest ready one by its name."""
        return frozenset(t.revision or self.latest_ready for t in self.traffic.targets if t.percent > 0)

    @property
    def bearing(self) -> frozenset[str]:
        """The revisions that get traffic: by the list, or as the cloud reports it (the list may be newer)."""
        return self.named | {revision for revision, _ in self.serving}

    @property
    def is_split(self) -> bool:
        """Whether several revisions share the traffic."""
        return len(self.named) > 1 or len(self.serving) > 1

    def uri_of(self, revision: str) -> str:
        """Return where a revision answers: at the service's URL when it has all traffic, else at its tag's.

        A revision that shares the traffic and has no tag answers at the service's URL, among others.
        """
        return self.uri if self.sole_serving == revision else dict(self.tag_uris).get(revision, self.uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Where one service stands: what serves, what is newest, and whether it is held back.

    `trouble` says why the service could not be read; the other fields are empty then. `staged` is the
    revision behind the maintenance page, None without a page. `made_for` says why the gate made the newest
    revision, empty for a release.
    """

    service: str
    serving: tuple[tuple[str, int], ...] = ()
    latest: str = ""
    is_pinned: bool = False
    staged: str | None = None
    made_for: str = ""
    trouble: str = ""

    @property
    def is_in_maintenance(self) -> bool:
        """Whether users get the maintenance page."""
        return self.staged is not None

    @property
    def leaves_newest(self) -> bool:
        """Whether the newest ready revision gets no traffic because of the pin."""
        return not self.is_in_maintenance and self.is_pinned and self.latest not in dict(self.serving)

    @property
    def holds_back(self) -> bool:
        """Whether that revision is a release that waits for the end of the pin."""
        return self.leaves_newest and not self.made_for

"""What the cloud says of a service right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gates.model.traffic import TrafficSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionState:
    """One revision as the cloud lists it; `name` is the short name."""

    name: str
    image: str
    digest: str
    created_at: datetime
    is_ready: bool
    detail: str = ""
    annotations: tuple[tuple[str, str], ...] = ()
    """Pairs that whoever deployed it wrote on the revision."""

    def annotation(self, name: str) -> str:
        """Return an annotation, or an empty text."""
        return dict(self.annotations).get(name, "")


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

    @property
    def sole_serving(self) -> str | None:
        """The revision that has all the traffic, or None when it is split or unknown."""
        whole = [revision for revision, percent in self.serving if percent == 100]  # noqa: PLR2004
        return whole[0] if len(whole) == 1 else None

    def uri_of(self, revision: str) -> str:
        """Return where a revision answers: at the service's URL when it has all traffic, else at its tag's.

        A revision that shares the traffic and has no tag answers at the service's URL, among others.
        """
        return self.uri if self.sole_serving == revision else dict(self.tag_uris).get(revision, self.uri)

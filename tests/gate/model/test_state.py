"""Where a revision answers."""

from __future__ import annotations

import pytest

from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget


def state(*serving: tuple[str, int], tag_uris: tuple[tuple[str, str], ...] = ()) -> ServiceState:
    """Return a service with these shares and tags."""
    return ServiceState(
        service="a",
        uri="https://a.test",
        etag="1",
        is_reconciling=False,
        is_ready=True,
        latest_ready="a-2",
        latest_created="a-2",
        traffic=TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),)),
        serving=serving,
        tag_uris=tag_uris,
    )


@pytest.mark.parametrize(
    ("serving", "tags", "uri"),
    [
        ((("a-2", 100),), (("a-2", "https://next---a.test"),), "https://a.test"),
        ((("a-1", 100),), (("a-2", "https://next---a.test"),), "https://next---a.test"),
        ((("a-1", 90), ("a-2", 10)), (("a-2", "https://next---a.test"),), "https://next---a.test"),
        ((("a-1", 90), ("a-2", 10)), (("a-1", "https://old---a.test"),), "https://a.test"),
    ],
)
def test_a_revision_without_all_traffic_answers_at_its_tag(
    serving: tuple[tuple[str, int], ...], tags: tuple[tuple[str, str], ...], uri: str
) -> None:
    """So a candidate is judged before it gets traffic; without a tag there is the service alone."""
    assert state(*serving, tag_uris=tags).uri_of("a-2") == uri

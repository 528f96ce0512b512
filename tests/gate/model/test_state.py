"""Where a revision answers."""

from __future__ import annotations

import pytest

from gates.model.state import ServiceState
from tests.support import builders


def state(*serving: tuple[str, int], tag_uris: tuple[tuple[str, str], ...] = ()) -> ServiceState:
    """Return a service with these shares and tags."""
    return builders.state("a", serving=serving, tag_uris=tag_uris)


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

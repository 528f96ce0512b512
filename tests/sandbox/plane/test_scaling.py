"""How many instances each revision may and must have."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.platform import scaling
from sandbox.platform.contract import RevisionSpec, RouteTarget, ServiceRoute


def _spec(revision: str, **fields: int) -> RevisionSpec:
    return RevisionSpec(service="shop", revision=revision, image="i", digest="d", **fields)  # type: ignore[arg-type]


def _route(shares: dict[str, int], **fields: int) -> ServiceRoute:
    targets = [
        RouteTarget(revision=name, percent=percent, tag=f"t-{name}") for name, percent in shares.items()
    ]
    return ServiceRoute(service="shop", targets=targets, **fields)  # type: ignore[arg-type]


@st.composite
def _shares(draw: st.DrawFn) -> dict[str, int]:
    cuts = sorted(draw(st.lists(st.integers(0, 100), max_size=4)))
    parts = [end - start for start, end in zip([0, *cuts], [*cuts, 100], strict=True)]
    return {f"r{number}": part for number, part in enumerate(parts)}


@given(shares=_shares(), count=st.integers(1, 50))
def test_a_manual_count_is_divided_without_rest(shares: dict[str, int], count: int) -> None:
    """All of the count is given out, to revisions with traffic only, and nobody is off by one or more."""
    route = _route(shares, manual_instances=count)
    given_out = {name: scaling.bounds(_spec(name), route) for name, percent in shares.items() if percent}
    assert sum(bounds.minimum for bounds in given_out.values()) == count
    for name, bounds in given_out.items():
        assert bounds.minimum == bounds.maximum
        assert abs(bounds.minimum - count * shares[name] / 100) < 1


@given(shares=_shares(), minimum=st.integers(0, 20), maximum=st.integers(1, 20))
def test_a_minimum_never_exceeds_its_maximum(shares: dict[str, int], minimum: int, maximum: int) -> None:
    """Whatever the service and the revision ask for, the bounds are in order and leave room for one."""
    route = _route(shares, min_instances=minimum, max_instances=maximum)
    for name in shares:
        bounds = scaling.bounds(_spec(name, min_instances=2, max_instances=3), route)
        assert 0 <= bounds.minimum <= bounds.maximum <= 3
        assert bounds.maximum >= 1


def test_a_revision_that_no_route_names_gets_nothing() -> None:
    """Not even its own minimum."""
    assert scaling.bounds(_spec("old", min_instances=3), _route({"new": 100})) == scaling.NONE


def test_a_tag_alone_allows_instances_but_asks_for_none() -> None:
    """A revision behind a tag starts on demand, also under a service-level minimum or a manual count."""
    for fields in ({"min_instances": 5}, {"manual_instances": 3}):
        bounds = scaling.bounds(_spec("next", max_instances=7), _route({"now": 100, "next": 0}, **fields))
        assert bounds == scaling.Bounds(0, 7)


def test_a_revision_beyond_the_manual_count_gets_none() -> None:
    """One instance for a 90/10 split goes to the larger share."""
    route = _route({"big": 90, "small": 10}, manual_instances=1)
    assert scaling.bounds(_spec("big"), route) == scaling.Bounds(1, 1)
    assert scaling.bounds(_spec("small"), route) == scaling.NONE

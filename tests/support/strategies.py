"""Hypothesis strategies: any value of the model that its own laws allow."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import reject
from hypothesis import strategies as st

import gates.model
from gates.model.configuration import Scaling
from gates.model.criterion import Criterion
from gates.model.evidence import Evidence, EvidenceStatus, Measurement, Window
from gates.model.judgement import Judgement
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.model.verdict import Scope, Verdict

WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
"""Names: of services, revisions, criteria."""

TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
"""Anything that Unicode allows."""

HOSTILE_TEXTS = st.text(alphabet=st.characters(), max_size=60)
"""Anything that a service under test can make a Python string of, lone surrogates included."""

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)

ZONES = st.sampled_from((UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))))

TIMES = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001

SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000))


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    start = draw(TIMES)
    return Window(start=start, end=start + draw(SPANS))


@st.composite
def _evidence(draw: st.DrawFn) -> Evidence:
    status = draw(st.sampled_from(EvidenceStatus))
    measurement = draw(values(Measurement)) if status is EvidenceStatus.OBSERVED else None
    lawful = {
        "status": st.just(status),
        "measurement": st.just(measurement),
        "samples": st.integers(min_value=0, max_value=10**9),
    }
    return draw(st.builds(Evidence, **_fields(Evidence) | lawful))


@st.composite
def _service_releases(draw: st.DrawFn) -> ServiceRelease:
    candidate, baseline = draw(
        st.lists(values(RevisionRef), min_size=2, max_size=2, unique_by=lambda r: r.name)
    )
    return ServiceRelease(
        service=draw(WORDS),
        candidate=candidate,
        baseline=draw(st.sampled_from((baseline, None))),
        baseline_verified=draw(st.booleans()),
    )


@st.composite
def _releases(draw: st.DrawFn) -> Release:
    services = st.lists(values(ServiceRelease), min_size=1, max_size=4, unique_by=lambda entry: entry.service)
    return Release(id=draw(WORDS), environment=draw(WORDS), services=tuple(draw(services)))


@st.composite
def _splits(draw: st.DrawFn) -> TrafficSplit:
    first = draw(st.integers(min_value=0, max_value=100))
    revisions = st.one_of(st.none(), WORDS)
    percents = (first, 100 - first, 0)
    targets = [TrafficTarget(revision=draw(revisions), percent=p, tag=draw(TEXTS)) for p in percents]
    return TrafficSplit(targets=tuple(targets))


@st.composite
def _scalings(draw: st.DrawFn) -> Scaling:
    minimum = draw(st.integers(min_value=0, max_value=1000))
    return Scaling(minimum=minimum, maximum=minimum + draw(st.integers(min_value=0, max_value=1000)))


@st.composite
def _verdicts(draw: st.DrawFn) -> Verdict:
    """Draw a verdict: criterion ids unique, no judgement twice."""
    criteria = draw(st.lists(values(Criterion), min_size=1, max_size=4, unique_by=lambda item: item.id))
    fields = _fields(Judgement) | {"criterion": st.sampled_from(criteria), "service": WORDS}
    judgements = st.builds(Judgement, **fields)
    several = st.lists(judgements, min_size=1, max_size=6, unique_by=lambda j: (j.criterion.id, j.service))
    return Verdict(
        release=draw(values(Release)),
        scope=draw(values(Scope)),
        judgements=tuple(draw(several)),
        flaws=tuple(draw(st.lists(TEXTS, max_size=2))),
        catalogue_digest=draw(WORDS),
        judged_at=draw(TIMES),
    )


_LAWFUL = {
    Window: _windows,
    Evidence: _evidence,
    ServiceRelease: _service_releases,
    Release: _releases,
    TrafficSplit: _splits,
    Scaling: _scalings,
    Verdict: _verdicts,
}
"""Values with laws between their fields; others are built from annotations and dropped when unlawful."""


def _model_values() -> tuple[type[Any], ...]:
    modules = (import_module(f"gates.model.{found.name}") for found in iter_modules(gates.model.__path__))
    return tuple(
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
    )


MODEL_VALUES = _model_values()
"""Every value of the model, found by looking, so that a new one is tested too."""

_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    float: NUMBERS,
    int: st.integers(min_value=-(2**60), max_value=2**60),
    bool: st.booleans(),
    datetime: TIMES,
    date: st.dates(),
    timedelta: SPANS,
    NoneType: st.none(),
}


def _annotated(hint: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for what an annotation of a model field allows."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    parts = get_args(hint)
    if get_origin(hint) is UnionType:
        return st.one_of(*map(_annotated, parts))
    if get_origin(hint) is tuple and parts[-1] is Ellipsis:
        return st.lists(_annotated(parts[0]), max_size=3).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(_annotated, parts))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    return values(hint)


def _fields(kind: type[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: _annotated(hint) for name, hint in get_type_hints(kind).items()}


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any lawful value of a model class, its optional fields included."""
    return _LAWFUL[kind]() if kind in _LAWFUL else st.builds(partial(_if_lawful, kind), **_fields(kind))


def _if_lawful(kind: Any, /, **fields: Any) -> Any:
    """Build a value, or drop the example when the fields break a law of its class."""
    try:
        return kind(**fields)
    except ValueError:
        reject()

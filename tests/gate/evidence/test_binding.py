"""Evidence of another place, revision or day is no evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gates.evidence.binding import bind
from gates.model.criterion import PLATFORM, Catalogue
from gates.model.evidence import Evidence, EvidenceBundle, EvidenceStatus, Subject, Window
from tests.support.builders import NOW, criterion, evidence, release

CATALOGUE = Catalogue(criteria=(criterion(),), digest="sha256:c")


def bound(item: Evidence) -> Evidence:
    """Bind one piece of evidence to the release."""
    (kept,) = bind(EvidenceBundle(items=(item,)), catalogue=CATALOGUE, release=release(), now=NOW).items
    return kept


def at(minutes: float) -> Window:
    """Return a window that ended some minutes before now."""
    end = NOW - timedelta(minutes=minutes)
    return Window(start=end - timedelta(seconds=1), end=end)


def test_evidence_about_the_candidate_here_and_now_is_kept() -> None:
    """Nothing is changed about good evidence."""
    assert bound(evidence()) == evidence()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"environment": "staging"}, "environment staging"),
        ({"environment": ""}, "environment"),
        (
            {"subject": Subject(service="auth-service", revision="auth-service-00001", digest="sha256:x")},
            "the candidate is auth-service-00002",
        ),
        ({"subject": Subject(service="auth-service")}, "revision unknown"),
        (
            {"subject": Subject(service="auth-service", revision="auth-service-00002", digest="sha256:x")},
            "evidence of image",
        ),
        ({"subject": Subject(service="frontend", revision="f", digest="d")}, "not part of release"),
        ({"subject": Subject(service=PLATFORM, digest="sha256:other")}, "another set of revisions"),
        ({"window": at(61)}, "stale"),
        ({"window": at(-3)}, "future"),
    ],
)
def test_what_is_not_about_this_release_becomes_not_run(changes: dict[str, Any], words: str) -> None:
    """The refused evidence stays visible, measures nothing and says why."""
    refused = bound(evidence(**changes))

    assert (refused.status, refused.measurement, refused.samples) == (EvidenceStatus.NOT_RUN, None, 0)
    assert words in refused.reason


def test_platform_evidence_is_bound_by_the_fingerprint_of_all_revisions() -> None:
    """The same set of revisions has the same fingerprint, and evidence about it is kept."""
    item = evidence(subject=Subject(service=PLATFORM, digest=release().fingerprint))

    assert bound(item).status is EvidenceStatus.OBSERVED


def test_evidence_for_an_unknown_criterion_is_a_flaw() -> None:
    """Nothing is dropped in silence."""
    bundle = EvidenceBundle(items=(evidence(criterion="XYZ"),))
    kept = bind(bundle, catalogue=CATALOGUE, release=release(), now=NOW)

    assert kept.items == ()
    assert "unknown criterion XYZ" in kept.flaws[0]

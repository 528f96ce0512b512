"""A check that the environment does not allow is marked by the plugin, so that a record may answer it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gates.adapters.producers.producer_run import PytestProducers
from gates.model.evidence import Evidence, EvidenceStatus
from tests.support.builders import criterion
from tests.support.one_producer import PLUGINS, TARGET

pytestmark = pytest.mark.processes

FILE = "tests/validation/test_it.py"
CODE = """import pytest

@pytest.fixture(scope="session")
def session(identity):
    return identity("nobody")

@pytest.mark.criterion("HLT-LIVE")
@pytest.mark.impact("noisy")
def test_impact(service):
    assert False

@pytest.mark.criterion("HLT-LIVE")
def test_fixture(service, session):
    pass

@pytest.mark.criterion("HLT-LIVE")
def test_signing_key(service, secret):
    secret("nobody")

@pytest.mark.criterion("HLT-LIVE")
def test_failure(service, identity):
    try:
        identity("nobody")
    finally:
        assert False, "it failed"

@pytest.mark.criterion("HLT-LIVE")
def test_words(service):
    pytest.skip("impact noisy is not allowed in sandbox")
"""
NAMES = ("impact", "fixture", "signing_key", "failure", "words")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Evidence]:
    """Give what each check saw in an environment that only lets look and has no identities."""
    root = tmp_path_factory.mktemp("root")
    (root / FILE).parent.mkdir(parents=True)
    (root / FILE).write_text(CODE)
    (root / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    demanded = criterion(producers=tuple(f"{FILE}::test_{name}" for name in NAMES))
    bundle = PytestProducers(root=root, announce=lambda _: None).collect(
        [demanded], TARGET, folder=root, seconds=60
    )
    assert bundle.flaws == ()
    return {item.producer.partition("::test_")[2].partition("[")[0]: item for item in bundle.items}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("impact", f"impact noisy is not allowed in {TARGET.environment}"),
        ("fixture", f"{TARGET.environment} has no identity nobody"),
        ("signing_key", f"{TARGET.environment} has no identity nobody"),
    ],
)
def test_impacts_and_missing_identities_are_held_back(
    seen: Mapping[str, Evidence], name: str, why: str
) -> None:
    """They count as not run, and say why."""
    assert (seen[name].status, seen[name].held_back) == (EvidenceStatus.NOT_RUN, why)


def test_a_failure_is_never_held_back(seen: Mapping[str, Evidence]) -> None:
    """What was seen to fail fails, whatever could not be asked."""
    assert (seen["failure"].status, seen["failure"].held_back) == (EvidenceStatus.OBSERVED, "")


def test_words_alone_hold_nothing_back(seen: Mapping[str, Evidence]) -> None:
    """A skip's text may come from the platform under test: no record answers it."""
    assert (seen["words"].status, seen["words"].held_back) == (EvidenceStatus.NOT_RUN, "")

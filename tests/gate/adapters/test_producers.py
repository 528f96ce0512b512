"""The producers run in a process of their own, with the seed that the gate was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.adapters.producers import PytestProducers
from gates.adapters.pytest_plugin import DEFAULT_SEED
from gates.model.evidence import Evidence
from gates.model.platform import Impact
from gates.model.target import Demand, ServiceTarget, Target
from tests.support.builders import criterion

PRODUCER = "tests/validation/test_it.py::test_seed"
CODE = """import pytest
@pytest.mark.criterion("HLT-LIVE")
def test_seed(service, seed, measure):
    measure(float(seed), unit="seed")
"""
PLUGINS = ["gates.adapters.pytest_plugin", "allure_pytest.plugin"]
TARGET = Target(
    environment="sandbox",
    fingerprint="sha256:f",
    project="p",
    region="r",
    service_name="{service}",
    services=(
        ServiceTarget(name="auth-service", base_url="", revision="auth-service-00002", digest="sha256:2"),
    ),
    public_urls=(),
    allowed_impacts=(Impact.READ_ONLY,),
    demands=(Demand(criterion="HLT-LIVE", services=("auth-service",)),),
)


def seen(root: Path, *, seed: int | None) -> Evidence:
    """Run the one producer and return what it saw."""
    folder = root / "tests" / "validation"
    folder.mkdir(parents=True)
    (folder / "test_it.py").write_text(CODE)
    (root / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    producers = PytestProducers(root=root, announce=lambda _: None, seed=seed)
    bundle = producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=root, seconds=60)
    assert bundle.flaws == ()
    return bundle.items[0]


@pytest.mark.parametrize(("given", "wanted"), [(None, DEFAULT_SEED), (7, 7)])
def test_a_producer_generates_from_the_seed_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: int | None, wanted: int
) -> None:
    """The usual one, unless the gate was given another: a finding names it, and it repeats the run."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # seconds of imports that this is not about
    measured = seen(tmp_path, seed=given).measurement

    assert measured is not None
    assert measured.value == wanted

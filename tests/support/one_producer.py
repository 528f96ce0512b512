"""One producer that measures one criterion of one service, and the target that it looks at."""

from __future__ import annotations

from gates.model.target import Demand, ServiceTarget
from tests.support import builders

PRODUCER = "tests/validation/test_it.py::test_seed"
CODE = """import pytest
@pytest.mark.criterion("HLT-LIVE")
def test_seed(service, seed, measure):
    measure(float(seed), unit="seed")
"""
PLUGINS = ["gates.adapters.producers.pytest_plugin"]
TARGET = builders.target(
    services=(
        ServiceTarget(name="auth-service", base_url="", revision="auth-service-00002", digest="sha256:2"),
    ),
    demands=(Demand(criterion="HLT-LIVE", services=("auth-service",)),),
)

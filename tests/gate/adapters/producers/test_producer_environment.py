"""What is set on a machine does not change what producers do there; what they need reaches them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.adapters.producers.producer_environment import producer_environment
from gates.adapters.producers.producer_run import PytestProducers
from gates.model.evidence import EvidenceStatus
from tests.support.builders import criterion
from tests.support.one_producer import PLUGINS, PRODUCER, TARGET

FAILING = """import pytest
@pytest.mark.criterion("HLT-LIVE")
def test_seed(service):
    assert service.name == "somebody else"
"""
HOSTILE = {
    "PYTEST_ADDOPTS": "-n 4 -k nothing",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "",
    "PYTEST_XDIST_WORKER": "gw7",
    "PYTEST_XDIST_AUTO_NUM_WORKERS": "9",
    "PYTEST_THEME_MODE": "no such mode",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONSTARTUP": "/nowhere",
    "PYTHONHASHSEED": "77",
    "LOCUST_PROCESSES": "2",
    "HYPOTHESIS_PROFILE": "ci",
    "SCHEMATHESIS_HOOKS": "no_such_module",
    "CI": "true",
    "SSLKEYLOGFILE": "/nowhere/keys",
}


def passed(given: dict[str, str], *references: str) -> dict[str, str]:
    """Return what reaches the producers of a run."""
    return producer_environment(given, references=references, folder=Path("reports/r"))


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_what_changes_how_tools_work_does_not_reach_them(name: str) -> None:
    """Whether its name is on a list of bad ones or not: it is on none of good ones."""
    assert passed({name: HOSTILE[name]}) == passed({})


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "LC_ALL", "GATE_REPORTS", "GOOGLE_CLOUD_PROJECT", "no_proxy"]
)
def test_what_producers_need_reaches_them(name: str) -> None:
    """Programs, people's files, our own settings, credentials, the way out."""
    assert passed({name: "as given"})[name] == "as given"


def test_a_variable_that_holds_an_identity_reaches_them() -> None:
    """The target refers to it; any other secret of the machine stays where it is."""
    given = {"TEAM_ANALYST": "{}", "TEAM_DEPLOY_TOKEN": "secret", "PYTHONHASHSEED": "1"}
    seen = passed(given, "env:TEAM_ANALYST", "file:TEAM_DEPLOY_TOKEN#admin", "env:PYTHONHASHSEED")

    assert seen == {**passed({}), "TEAM_ANALYST": "{}"}


def test_the_run_folder_is_this_run_s() -> None:
    """One that was inherited belongs to another run."""
    assert passed({"GATE_RUN_FOLDER": "reports/other"})["GATE_RUN_FOLDER"] == "reports/r"


def test_a_failure_is_seen_whatever_the_machine_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No option is added, no assertion is optimised away, no module is taken from elsewhere."""
    for name, text in HOSTILE.items():
        monkeypatch.setenv(name, text)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "pluggy.py").write_text("raise SystemExit(0)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    (tmp_path / "conftest.py").write_text(f"pytest_plugins = {PLUGINS}\n")
    (tmp_path / "tests/validation").mkdir(parents=True)
    (tmp_path / "tests/validation/test_it.py").write_text(FAILING)
    producers = PytestProducers(root=tmp_path, announce=lambda _: None)
    bundle = producers.collect([criterion(producers=(PRODUCER,))], TARGET, folder=tmp_path, seconds=60)

    assert bundle.flaws == ()
    (seen,) = bundle.items
    assert seen.status is EvidenceStatus.OBSERVED
    assert seen.measurement is not None
    assert seen.measurement.value == 1

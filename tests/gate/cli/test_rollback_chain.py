"""How many files stand between `gate rollback` and the call that moves the traffic, in a real run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gates import cli, composition
from gates.composition.environment import Context
from gates.model.exit_code import ExitCode
from gates.model.platform import Endpoints, Platform, ServiceSpec
from tests.support import builders
from tests.support.call_chain import CallChain, followed
from tests.support.fake_cloud import FakeCloud, FakeImages
from tests.support.tiny_run_server import TinyRun, serving, tiny_revision

ROOT = Path(__file__).parents[3]
MOST = 14
"""Files that a person has to open at most."""
DECIDES = ("composition", "workflows", "operations", "decision", "actions")
"""Rooms of which every file counts that ran; of the others those that stand on the path of the call."""


class Answers(FakeCloud):
    """Answers as the revision that the cloud was told to send traffic to."""

    def answering_revision(self, service: str) -> str | None:
        """Answer as the target."""
        return "a-00001"


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CallChain:
    """What ran for one rollback against a tiny Cloud Run."""
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path))
    run = TinyRun(revisions=[tiny_revision("a-00002", 2), tiny_revision("a-00001", 1)])
    platform = Platform(
        name="x",
        services=(ServiceSpec(name="a", title="a", tier="critical"),),
        tiers=(),
        matrix=(),
        roles=(),
        digest="sha256:p",
    )
    with serving(run) as address:
        place = builders.environment(
            service_name="isectech-{service}-sandbox", endpoints=Endpoints(run_grpc=address)
        )
        real, answers = vars(Context)["ports"].func, Answers(services={})
        ports = property(lambda context: replace(real(context), probe=answers, images=FakeImages()))
        for name, part in {"platform": platform, "environment": place, "ports": ports}.items():
            monkeypatch.setattr(Context, name, part)
        command = ["rollback", "a", "--to", "a-00001", "--env", "sandbox"]
        assert cli.invoke([*command, "--dry-run"]) is ExitCode.GO  # imports what is imported late
        with followed("ServicesClient.update_service") as seen:
            code = cli.invoke([*command, "--yes"])
    assert code is ExitCode.GO
    assert len(run.command("UpdateService")) == 1
    return seen


def test_a_rollback_passes_few_files_and_the_page_names_them(chain: CallChain) -> None:
    """ARCHITECTURE lists exactly the files that ran, each once; at most 14."""
    path = chain.path[chain.path.index("gates/cli/rollback_services.py") :]
    deciding = {name for name in chain.run if name.split("/")[1] in DECIDES}
    section = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## From `gate rollback`")[2]
    listed = re.findall(r"^\| `(gates/[\w/]+\.py)`", section.partition("\n## ")[0], flags=re.MULTILINE)
    assert sorted(listed) == sorted({*path, *deciding})
    assert len(listed) <= MOST

"""`gate verify-record` says offline what a record is worth, with the exit codes of the README."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates import cli, composition
from gates.adapters.documents.documents import declared_environment
from gates.adapters.signing.qualification import configuration_digest
from gates.adapters.signing.record_envelope import sign
from gates.adapters.signing.record_keys import signer_of
from gates.model.criterion import FAILED_CHECKS, Stage
from gates.model.evidence import Measurement, Window
from gates.model.exit_code import ExitCode
from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome
from gates.model.verdict_record import RecordedCheck, RecordedResult, VerdictRecord
from tests.support.promotion import key_pair
from tests.support.shipped import SHIPPED

Command = Callable[..., ExitCode]


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a copy of the shipped platform whose production is qualified by staging, with a key in `key`."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))
    _, public = key_pair(tmp_path, "key")
    document = folder / "environments" / "production.yaml"
    lines = [
        line
        for line in document.read_text().splitlines()
        if not line.strip().startswith(("qualifiedBy:", "recordKeys:"))
    ]
    document.write_text("\n".join([*lines, "  qualifiedBy: staging", f"  recordKeys: {public}", ""]))
    monkeypatch.setenv("GATE_PLATFORM", str(folder))
    return folder


def record(folder: Path, age: timedelta = timedelta(minutes=5)) -> VerdictRecord:
    """Return a GO of staging with one result of that age."""
    then = datetime.now(UTC) - age
    context = composition.Context("production")
    staging = declared_environment(folder, "staging", context.platform)
    seen = RecordedCheck(
        producer="tests/x.py::test_y",
        measurement=Measurement(value=0.0, unit=FAILED_CHECKS),
        samples=1,
        window=Window(start=then, end=then),
    )
    criterion = context.catalogue.at(Stage.IMMEDIATE)[0]
    result = RecordedResult(
        criterion=criterion.id, service="frontend", outcome=Outcome.PASS, waived_by="", checks=(seen,)
    )
    return VerdictRecord(
        environment="staging",
        stage=Stage.IMMEDIATE,
        is_partial=False,
        outcome=VerdictOutcome.GO,
        run_id="run-s",
        judged_at=then,
        catalogue_digest=context.catalogue.digest,
        configuration_digest=configuration_digest(context.platform, staging),
        gate_version="1",
        images=(("frontend", "sha256:f"),),
        results=(result,),
    )


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({}, ExitCode.GO, "counts in production for exactly these images until"),
        ({"outcome": VerdictOutcome.NO_GO}, ExitCode.NO_GO, "its verdict is NO_GO"),
        ({"is_partial": True}, ExitCode.INCONCLUSIVE, "only a part"),
        ({"catalogue_digest": "sha256:x"}, ExitCode.INCONCLUSIVE, "another criteria catalogue"),
        ({"configuration_digest": "sha256:x"}, ExitCode.INCONCLUSIVE, "configured differently"),
        ({"environment": "sandbox"}, ExitCode.INCONCLUSIVE, "it is about sandbox"),
        ({"results": ()}, ExitCode.INCONCLUSIVE, "no result that could count"),
    ],
)
def test_a_signed_record_is_told_apart(
    platform: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    code: ExitCode,
    words: str,
) -> None:
    """The exit code and the first line say whether it counts."""
    file = platform.parent / "record.json"
    made = replace(record(platform), **change)  # type: ignore[arg-type]
    file.write_bytes(sign(made, signer_of(str(platform.parent / "key"))))

    assert cli.invoke(["verify-record", str(file), "--env", "production"]) == code
    assert words in " ".join(capsys.readouterr().out.split())


def test_results_that_are_too_old_are_counted(platform: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An expired record is INCONCLUSIVE, and the document says when it expired."""
    file = platform.parent / "record.json"
    old = record(platform, timedelta(days=400))
    file.write_bytes(sign(old, signer_of(str(platform.parent / "key"))))

    assert cli.invoke(["verify-record", str(file), "--env", "production", "--format", "json"]) == 10
    document = json.loads(capsys.readouterr().out)
    assert (document["counts"], document["images"]) == (False, {"frontend": "sha256:f"})
    assert datetime.fromisoformat(document["expires_at"]) < datetime.now(UTC)


def test_a_changed_record_is_a_bad_document(platform: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 4, and the reason."""
    file = platform.parent / "record.json"
    content = sign(record(platform), signer_of(str(platform.parent / "key")))
    file.write_bytes(content.replace(b"A", b"B", 1))

    assert cli.invoke(["verify-record", str(file), "--env", "production"]) == ExitCode.USAGE_ERROR
    assert "does not count in production" in capsys.readouterr().out


def test_where_no_environment_qualifies_no_record_counts(platform: Path) -> None:
    """Staging stands for itself."""
    file = platform.parent / "record.json"
    file.write_bytes(b"{}")

    assert cli.invoke(["verify-record", str(file), "--env", "staging"]) == ExitCode.USAGE_ERROR

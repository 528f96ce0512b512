"""A run folder is written once, whole, and read back only when it agrees with itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.runs.run_folder import RunFolder
from gates.errors import ConfigurationError, DocumentError, GateError, UsageError
from gates.model.evidence import EvidenceBundle
from gates.model.record import DecisionRecord, ToolVersion
from gates.reporting.allure import allure_files
from gates.reporting.redaction import Redactor
from gates.reporting.report import ReportFile, report_of
from tests.support.builders import evidence
from tests.support.sample_verdict import bad_verdict, decision, good_verdict, receipt

BUNDLE = EvidenceBundle(items=(evidence(), evidence(1.0)), flaws=("a worker was lost",))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """Return the folder of a new run."""
    return RunFolder.create(tmp_path, "run-1", Redactor(("correct-horse",)))


def record() -> DecisionRecord:
    """Return the record of a run that rolled back."""
    return DecisionRecord(
        run_id="run-1",
        verdict=bad_verdict(),
        decision=decision(),
        receipts=(receipt(),),
        tools=(ToolVersion(name="pytest", version="9.1.1"),),
    )


def test_everything_is_read_back(folder: RunFolder) -> None:
    """What the gate concluded can be concluded from again."""
    kept = record()

    assert folder.write_verdict(bad_verdict()) == folder.read_verdict() == bad_verdict()
    assert folder.write_evidence(BUNDLE) == folder.read_evidence() == BUNDLE
    assert folder.write_decision(decision()) == folder.read_decision() == decision()
    assert folder.write_receipts((receipt(),)) == folder.read_receipts() == (receipt(),)
    assert folder.write_record(kept) == folder.read_record() == kept


def test_a_run_is_never_written_over(folder: RunFolder, tmp_path: Path) -> None:
    """The same id again is refused, whatever the first run left."""
    with pytest.raises(UsageError, match="is there already"):
        RunFolder.create(tmp_path, folder.run_id, Redactor())


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "a b", "x\n", "a" * 200])
def test_an_id_is_a_file_name(tmp_path: Path, name: str) -> None:
    """No id leads out of the reports folder."""
    with pytest.raises(UsageError, match="not a name"):
        RunFolder.create(tmp_path, name, Redactor())
    assert list(tmp_path.iterdir()) == []


def test_another_verdict_is_refused(folder: RunFolder) -> None:
    """The same verdict again is fine; another one leaves the first as it was."""
    written = folder.write_verdict(bad_verdict())

    assert folder.write_verdict(bad_verdict()) == written
    with pytest.raises(UsageError, match="says something else"):
        folder.write_verdict(good_verdict())
    assert folder.read_verdict() == written


def test_two_at_once_leave_one(folder: RunFolder) -> None:
    """Of many writers with different verdicts exactly one is believed, and its file is whole."""
    verdicts = [replace(good_verdict(), flaws=(f"writer {n}",)) for n in range(8)]
    start = threading.Barrier(len(verdicts))
    refused: list[GateError] = []

    def write(n: int) -> None:
        start.wait()
        try:
            folder.write_verdict(verdicts[n])
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(len(verdicts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == len(verdicts) - 1
    assert folder.read_verdict() in verdicts


def test_nothing_is_left_beside_the_files(folder: RunFolder) -> None:
    """Staged files are gone, also after a refusal."""
    folder.write_verdict(bad_verdict())
    with pytest.raises(UsageError):
        folder.write_verdict(good_verdict())
    for text in "ab":
        folder.write_reports([ReportFile(name="summary.md", content=text)])

    assert sorted(path.name for path in folder.path.iterdir()) == ["summary.md", "verdict.json"]
    assert (folder.path / "summary.md").read_text() == "b"


def test_secrets_are_not_written(folder: RunFolder) -> None:
    """Neither evidence nor verdict reaches the disk with a secret in it; what is returned is written."""
    leaky = evidence(reason="correct-horse was shown\ud800")
    verdict = bad_verdict()
    judgement = replace(verdict.judgements[0], reason="login with correct-horse", evidence=(leaky,))
    written = folder.write_evidence(EvidenceBundle(items=(leaky,)))
    folder.write_verdict(replace(verdict, judgements=(judgement, *verdict.judgements[1:])))

    content = b"".join(path.read_bytes() for path in folder.path.iterdir())
    assert b"correct-horse" not in content
    assert folder.read_evidence() == written
    assert folder.read_verdict().judgements[0].reason == "login with [redacted]"


def test_what_did_nothing_gives_way_to_what_was_done_later(folder: RunFolder) -> None:
    """Receipts and record are replaced as a whole, once; what was done stands."""
    done = record()
    folder.write_receipts(())
    folder.write_record(replace(done, receipts=()))
    assert not folder.is_carried_out
    folder.write_receipts(done.receipts)
    folder.write_record(done)
    assert (folder.read_receipts(), folder.read_record()) == (done.receipts, done)
    assert RunFolder.open(folder.path, Redactor()).is_carried_out
    with pytest.raises(UsageError, match="says something else"):
        folder.write_receipts((*done.receipts, *done.receipts))
    with pytest.raises(UsageError, match="says something else"):
        folder.write_record(replace(done, run_id="another"))


@pytest.mark.parametrize(
    "name", ["verdict.json", "decision.json", "record.json", "receipts.jsonl", "evidence.jsonl"]
)
def test_a_missing_file_is_no_conclusion(folder: RunFolder, name: str) -> None:
    """What is not there is said with its path, never taken for empty."""
    read = getattr(folder, f"read_{Path(name).stem}")

    with pytest.raises(DocumentError, match=name):
        read()


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b'"outcome":"NO_GO"', b'"outcome":"GO"'),
        (b'"run_id":"run-1"', b'"run_id":"run-2"'),
        (b'"outcome":"FAIL"', b'"outcome":"PASS"'),
        (b'"failed":4', b'"failed":0'),
    ],
)
def test_a_verdict_that_was_edited_is_refused(folder: RunFolder, there: bytes, instead: bytes) -> None:
    """No single edit turns a NO_GO on the disk into anything that the gate believes."""
    folder.write_verdict(bad_verdict())
    path = folder.path / "verdict.json"
    assert there in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(there, instead))

    with pytest.raises(DocumentError, match=r"disagrees|another run"):
        folder.read_verdict()


def test_a_half_written_verdict_is_refused(folder: RunFolder) -> None:
    """A file that was cut off is no verdict."""
    folder.write_verdict(bad_verdict())
    path = folder.path / "verdict.json"
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DocumentError, match="not JSON"):
        folder.read_verdict()


def test_allure_results_are_replaced(folder: RunFolder) -> None:
    """Writing the results again leaves as many files as once, each of them JSON or text."""
    files = allure_files(report_of(bad_verdict(), run_id=folder.run_id))
    folder.write_reports(files)
    folder.write_reports(files)
    results = folder.path / "allure-results"

    assert {path.name for path in results.iterdir()} == {file.name for file in files}


@pytest.mark.parametrize("where", [{"name": "../verdict.json"}, {"name": "x", "folder": "../other"}])
def test_no_report_leads_out_of_the_folder(folder: RunFolder, where: dict[str, str]) -> None:
    """Neither by its name nor by its folder."""
    with pytest.raises(UsageError, match="not a name"):
        folder.write_reports([ReportFile(content="", **where)])
    assert list(folder.path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file where the reports folder should be is a configuration to mend, with the path."""
    (tmp_path / "reports").write_text("")

    with pytest.raises(ConfigurationError, match=r"cannot make .*reports") as caught:
        RunFolder.create(tmp_path / "reports", "run-1", Redactor())
    assert "writable" in caught.value.next_step


def test_a_folder_that_went_away_is_said(folder: RunFolder) -> None:
    """Not even the staged file can be written: the path and the reason are said."""
    folder.path.rmdir()

    with pytest.raises(ConfigurationError, match=r"cannot write .*verdict\.json"):
        folder.write_verdict(bad_verdict())
    with pytest.raises(UsageError, match="there is no run"):
        RunFolder.open(folder.path, Redactor())


def test_a_place_that_is_taken_is_said(folder: RunFolder) -> None:
    """A folder where a report should be is refused, and no staged file stays behind."""
    (folder.path / "junit.xml").mkdir()

    with pytest.raises(ConfigurationError, match=r"cannot write .*junit\.xml"):
        folder.write_reports([ReportFile(name="junit.xml", content="<testsuites/>")])
    assert [path.name for path in folder.path.iterdir()] == ["junit.xml"]

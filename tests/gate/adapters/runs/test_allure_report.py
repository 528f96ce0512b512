"""The Allure page shows what was put in, opens offline, and its failure is said and harmless."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from gates.adapters.runs.allure_report import PACKAGE, AllureReport
from gates.adapters.runs.run_folder import RunFolder
from gates.reporting.allure import allure_files
from gates.reporting.redaction import Redactor
from gates.reporting.report import report_of
from tests.support.sample_verdict import bad_verdict

pytestmark = pytest.mark.processes

GENERATOR = Path(__file__).parents[4] / PACKAGE

STAND_IN = """
import base64, json, pathlib, sys
configuration = json.loads(pathlib.Path(sys.argv[3]).read_text())
page = pathlib.Path(configuration["output"])
page.mkdir(parents=True)
results = [path.read_bytes() for path in sorted(pathlib.Path(sys.argv[4]).glob("*-result.json"))]
{change}
row = 'd("data/test-results/%d.json","%s")'
rows = [row % (n, base64.b64encode(result).decode()) for n, result in enumerate(results)]
(page / "index.html").write_text("<html>" + outside + chr(10).join(rows))
pathlib.Path(configuration["historyPath"]).write_text("remembered")
"""
"""A generator in a few lines, which can be told to misbehave."""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return the results folder of the story."""
    folder = RunFolder.create(tmp_path, "run-1", Redactor())
    folder.write_reports(allure_files(report_of(bad_verdict(), run_id=folder.run_id)))
    return folder.path / "allure-results"


def _stand_in(tmp_path: Path, change: str) -> AllureReport:
    script = tmp_path / "generator.py"
    script.write_text(STAND_IN.replace("{change}", 'outside = ""\n' + change))
    return AllureReport(package=script, history=tmp_path / "history.jsonl", node=sys.executable)


def test_a_faithful_page_is_kept_with_its_history(tmp_path: Path, results: Path) -> None:
    """Page and history take their places."""
    built = _stand_in(tmp_path, "").build(results, target=tmp_path / "page", title="a run")

    assert built.problem == ""
    assert built.page == tmp_path / "page" / "index.html"
    assert built.page.is_file()
    assert (tmp_path / "history.jsonl").read_text() == "remembered"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("results = results[1:]", r"55 results were put in, 54 are shown"),
        ("results = results + results[:1]", r"55 results were put in, 56 are shown"),
        (
            "results = [r.replace(b'failed', b'passed') for r in results]",
            r"SEC-LOGOUT@auth-service \(failed\)",
        ),
        ("results = []", r"55 results were put in, 0 are shown"),
        ("outside = '<script src=\"https://x.example.test/a.js\"></script>'", "something from outside"),
        ("sys.exit('no space left')", "ended with 1: no space left"),
        ("results = [b'no json']", "ValueError|JSONDecodeError"),
        ("page.rmdir()", "ended with 1"),
    ],
)
def test_an_unfaithful_page_is_not_kept(tmp_path: Path, results: Path, change: str, problem: str) -> None:
    """A page that lost, added or changed a result, or needs a network, is said and not shown."""
    built = _stand_in(tmp_path, change).build(results, target=tmp_path / "page", title="a run")

    assert built.page is None
    assert re.search(problem, built.problem)
    assert not (tmp_path / "page").exists()
    assert not (tmp_path / "history.jsonl").exists()


def test_analytics_are_taken_out(tmp_path: Path, results: Path) -> None:
    """The tag that reports to a third party goes with its configuration; what surrounds it stays."""
    tag = (
        '<script async src="https://www.googletagmanager.com/gtag/js?id=G-X"></script>\\n'
        '<script>\\n function gtag(){x();}\\n gtag("js", 1)\\n</script><script>keep()</script>'
    )
    built = _stand_in(tmp_path, f"outside = '{tag}'").build(results, target=tmp_path / "page", title="a run")

    assert built.page is not None
    text = built.page.read_text()
    assert "gtag" not in text
    assert "<script>keep()</script>" in text


def test_a_missing_generator_is_said(tmp_path: Path, results: Path) -> None:
    """Without the package there is no page, and what to do is said."""
    report = AllureReport(package=tmp_path / "none.js", history=tmp_path / "h")

    assert "make setup" in report.build(results, target=tmp_path / "page", title="x").problem


def test_a_missing_node_is_said(tmp_path: Path, results: Path) -> None:
    """Without Node there is no page either."""
    script = tmp_path / "cli.js"
    script.write_text("")
    report = AllureReport(package=script, history=tmp_path / "h", node=str(tmp_path / "no-node"))

    assert "FileNotFoundError" in report.build(results, target=tmp_path / "page", title="x").problem


def test_no_results_make_no_page(tmp_path: Path) -> None:
    """An empty folder is no green page."""
    (tmp_path / "empty").mkdir()
    built = _stand_in(tmp_path, "").build(tmp_path / "empty", target=tmp_path / "page", title="x")

    assert built.page is None
    assert "no result" in built.problem


@pytest.mark.skipif(
    not GENERATOR.is_file() or shutil.which("node") is None,
    reason="the generator is installed by `make setup`, with Node",
)
def test_the_real_generator_shows_every_result(tmp_path: Path, results: Path) -> None:
    """Allure 3 itself shows all results, remembers two runs, and loads nothing from outside."""
    report = AllureReport(package=GENERATOR, history=tmp_path / "history.jsonl")
    for run in (1, 2):
        built = report.build(results, target=tmp_path / "page", title="NO_GO r1")

        assert built.problem == ""
        assert built.page is not None
        text = built.page.read_text(encoding="utf-8")
        assert "googletagmanager" not in text
        history = [json.loads(line) for line in report.history.read_text(encoding="utf-8").splitlines()]
        assert len(history) == run

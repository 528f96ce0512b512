"""Builds the Allure page of a run with the locked Allure 3 generator: one HTML file that opens offline.

The page is for people to browse. Whether it can be built never changes a verdict; that it could not, or that
it shows something else than was put in, is said. The generator's analytics tag is taken out.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.adapters.machine import processes
from gates.adapters.machine.scratch import scratch
from gates.reporting.redaction import one_line

PACKAGE = Path("tools/allure/node_modules/allure/cli.js")
"""The generator, relative to the project's root; `npm ci --ignore-scripts` in tools/allure puts it there."""

_ANALYTICS = re.compile(
    r"<script[^>]*googletagmanager[^>]*>\s*</script>\s*(?:<script>(?:(?!</script>).)*gtag\((?:(?!</script>).)*</script>)?",
    re.DOTALL,
)
_LOADS_FROM_OUTSIDE = re.compile(
    r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=\"?(?:https?:)?//", re.IGNORECASE
)
_RESULT = re.compile(r'd\("data/test-results/[^"]+\.json",\s*"([^"]+)"\)')

_CATEGORIES = [
    {"name": "Demand not met", "matchers": [{"statuses": ["failed"]}]},
    {"name": "Not enough evidence", "matchers": [{"statuses": ["broken"], "message": "^INCONCLUSIVE"}]},
    {"name": "Could not be evaluated", "matchers": [{"statuses": ["broken"], "message": "^ERROR"}]},
    {"name": "Waived", "matchers": [{"statuses": ["skipped"]}]},
]
_CHARTS = [
    {"type": "currentStatus", "title": "This run"},
    {"type": "testResultSeverities", "title": "By severity"},
    {"type": "statusDynamics", "title": "Run by run"},
    {"type": "statusTransitions", "title": "Regressed and mended"},
]
_SECONDS = 120
_OLDEST_NODE = 20
_KEPT_RUNS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltReport:
    """The page, or why there is none."""

    page: Path | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllureReport:
    """Builds pages with the generator at `package`; `history` is the file that remembers earlier runs."""

    package: Path
    history: Path
    node: str = "node"

    def build(self, results: Path, *, target: Path, title: str) -> BuiltReport:
        """Build `target/index.html` from a results folder; never raises for what the generator does."""
        try:
            with scratch("gate-page") as folder:
                return self._build(results, target, title, folder)
        except subprocess.TimeoutExpired:
            return _none(f"the generator did not end within {_SECONDS} s")
        except (OSError, ValueError, KeyError) as error:
            return _none(f"{type(error).__name__}: {error}")

    def _build(self, results: Path, target: Path, title: str, folder: Path) -> BuiltReport:
        if not self.package.is_file():
            return _none(
                f"{self.package} is missing: run `make setup`, which needs Node and the npm registry"
            )
        if self.history.is_file():
            shutil.copyfile(self.history, folder / "history.jsonl")
        (folder / "allurerc.json").write_text(json.dumps(_configuration(title, folder)), encoding="utf-8")
        ended = self._generate(results.resolve(), folder)
        if ended.returncode != 0:
            return _none(f"the generator ended with {ended.returncode}: {one_line(ended.stdout)}")
        page = (folder / "page" / "index.html").read_text(encoding="utf-8")
        page = _ANALYTICS.sub("", page)
        problem = _difference(results, page)
        if problem:
            return _none(problem)
        target.mkdir(parents=True, exist_ok=True)
        _install(folder / "history.jsonl", self.history)
        (folder / "index.html").write_text(page, encoding="utf-8")
        return BuiltReport(page=_install(folder / "index.html", target / "index.html"))

    def _generate(self, results: Path, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run the generator with no more of our environment than it needs."""
        command = [self.node, str(self.package.resolve()), "generate"]
        command += ["--config", str(folder / "allurerc.json"), str(results)]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "NO_COLOR": "1"}
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        with processes.ended(process), process:
            said, _ = process.communicate(timeout=_SECONDS)
        return subprocess.CompletedProcess(command, process.returncode, said)


def node_problem() -> str:
    """Return what is wrong with this machine's Node; an empty text if the generator can use it."""
    found = shutil.which("node")
    if found is None:
        return f"not found: install Node {_OLDEST_NODE} or newer"
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    return "" if major.isdigit() and int(major) >= _OLDEST_NODE else f"{said} is too old"


def _configuration(title: str, folder: Path) -> dict[str, Any]:
    page = {
        "singleFile": True,
        "reportLanguage": "en",
        "groupBy": ["feature", "story"],
        "sections": ["charts"],
        "charts": _CHARTS,
        "defaultSortBy": "status,asc",
    }
    return {
        "name": one_line(title),
        "output": str(folder / "page"),
        "historyPath": str(folder / "history.jsonl"),
        "appendHistory": True,
        "historyLimit": _KEPT_RUNS,
        "categories": {"rules": _CATEGORIES},
        "plugins": {"awesome": {"options": page}},
    }


def _difference(results: Path, page: str) -> str:
    """Say how the page differs from the results that it was made of; an empty text when it does not."""
    if _LOADS_FROM_OUTSIDE.search(page):
        return "the page would load something from outside"
    put_in = Counter(_shown(json.loads(p.read_text(encoding="utf-8"))) for p in results.glob("*-result.json"))
    shown = Counter(_shown(json.loads(base64.b64decode(found))) for found in _RESULT.findall(page))
    if not put_in:
        return f"there is no result in {results}"
    if put_in != shown:
        lost = ", ".join(f"{name} ({status})" for name, status in sorted(put_in - shown)[:5])
        return (
            f"{put_in.total()} results were put in, {shown.total()} are shown; not shown as they are: {lost}"
        )
    return ""


def _shown(result: dict[str, Any]) -> tuple[str, str]:
    return str(result["fullName"]), str(result["status"])


def _install(made: Path, place: Path) -> Path:
    """Put a finished file in its place in one step, across file systems too."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.copyfile(made, beside)
    return beside.replace(place)


def _none(problem: str) -> BuiltReport:
    return BuiltReport(page=None, problem=problem)

"""Every variable that the code reads is documented, and the gate reads its own in one place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "environment.md"
READERS = ("gates", "load", "journeys", "sandbox", "tests/validation", "tests/readiness", "demo", "tools")
SETTINGS = "gates/adapters/machine/settings.py"
NOT_ITS_OWN = {
    "gates/adapters/machine/personal_files.py": "XDG_CACHE_HOME",
    "gates/adapters/producers/generator_page.py": "what the load generator inherits",
    "gates/adapters/producers/producer_run.py": "what the producers inherit",
    "gates/adapters/producers/pytest_target.py": "the way out of the machine: proxies, certificates",
    "gates/adapters/runs/allure_report.py": "PATH",
    "gates/adapters/secrets.py": "what an environment's document refers to",
    "gates/adapters/services/network.py": "SSLKEYLOGFILE",
    "gates/cli/__init__.py": "proxies, certificates and switches of libraries; GATE_TRACE after a defect",
    "gates/cli/progress.py": "TERM",
    "gates/composition/bench.py": "an arm's variables, set for one run",
}
"""Files beside the settings that use the process's environment, and for what."""
BY_NAME = {"gates/cli/__init__.py": {"GATE_TRACE"}, "gates/cli/options.py": {"GATE_ENV"}}
"""Names that stand elsewhere: where nothing more may be imported after a defect, and where click reads it."""
_NAME = re.compile(r"\bGATE_[A-Z][A-Z_]*[A-Z]\b")


def read_by_the_code() -> dict[str, str]:
    """Return the variables that the code names, each with a file that does."""
    files = (path for folder in READERS for path in sorted((ROOT / folder).rglob("*.py")))
    return {name: str(path) for path in files for name in _NAME.findall(path.read_text(encoding="utf-8"))}


READ = read_by_the_code()
TOLD = set(re.findall(r"^\| `(GATE_[A-Z_]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", sorted(READ))
def test_a_variable_of_the_code_is_documented(name: str) -> None:
    """A hint that names a variable leads to a page that explains it."""
    assert name in TOLD, f"{READ[name]} reads it; docs/reference/environment.md does not explain it"


def test_no_variable_is_documented_that_nobody_reads() -> None:
    """A table of what once was leads people astray."""
    assert TOLD - READ.keys() == set()


def test_the_page_can_be_found_from_the_readme() -> None:
    """Who looks for a variable starts there."""
    assert "docs/reference/environment.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Yield every node of the gate's code, and the file it stands in."""
    for path in sorted((ROOT / "gates").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path.relative_to(ROOT).as_posix(), node


def test_the_gate_names_its_variables_in_one_file() -> None:
    """Whoever needs one asks the settings for it."""
    named: dict[str, set[str]] = {}
    for path, node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            named.setdefault(path, set()).add(node.value)

    assert len(named.pop(SETTINGS)) > 1
    assert named == BY_NAME


def test_the_environment_of_the_process_is_used_where_it_is_said() -> None:
    """A file that begins to use it, or ends to, changes the list with its reason."""
    used = {
        path
        for path, node in nodes()
        if isinstance(node, ast.Attribute | ast.alias)
        and (node.attr if isinstance(node, ast.Attribute) else node.name) in {"environ", "getenv"}
    }

    assert used == {SETTINGS, *NOT_ITS_OWN}

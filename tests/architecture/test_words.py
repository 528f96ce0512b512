"""The project speaks of itself alone."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".mjs", ".json", ".txt", ".cfg", ""}
MACHINE_PATH = re.compile(r"/(?:work|root|home)/(?!app\b)\w+")


def tracked() -> list[Path]:
    """Return the text files that git tracks, lock files left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [p for p in paths if p.suffix in TEXT and "lock" not in p.name and p.is_file()]


def test_no_file_names_a_folder_of_one_machine() -> None:
    """A path that exists on one machine only would not work on another."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked()
        if path.name != "test_words.py"
        for match in MACHINE_PATH.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert found == []


def test_no_text_says_that_a_deployment_ends_a_pin() -> None:
    """On Cloud Run a pin holds until somebody moves the traffic: a new deployment gets none."""
    ended = re.compile(r"(pinned|pin)\b[^.]{0,60}\buntil (its|the) next deployment", re.IGNORECASE)
    found = [
        path.name
        for path in tracked()
        if path.name != "test_words.py" and ended.search(path.read_text(encoding="utf-8", errors="replace"))
    ]

    assert found == []


RIDDLE = re.compile(
    r"\b(somebody|nobody|whoever|anybody|(?<!there )is no (?!longer)|are none|is none)\b", re.IGNORECASE
)


_WITH_PROSE = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def texts_of(path: Path) -> tuple[list[str], list[str]]:
    """Return the docstrings of a module, and the texts that a person can read when it runs: all others."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(line.value)
        for node in ast.walk(tree)
        for line in (node.body if isinstance(node, _WITH_PROSE) else ())
        if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)
    }
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    docstrings = [str(node.value) for node in texts if id(node) in prose]
    return docstrings, [str(node.value) for node in texts if id(node) not in prose]


def test_messages_name_the_actor() -> None:
    """No riddles in what the gate prints: an actor is named, and `is not` is not `is no`."""
    found = [
        f"{path.relative_to(ROOT)}: {text[:80]}"
        for path in sorted((ROOT / "gates").rglob("*.py"))
        for text in texts_of(path)[1]
        if RIDDLE.search(text)
    ]

    assert found == []


PLAIN_ROOMS = ("criteria", "evidence", "judgement", "decision", "reporting", "workflows")
NO_ACTOR = re.compile(r"\b(somebody|nobody|whoever|anybody|tells?|told|telling)\b", re.IGNORECASE)


def test_docstrings_name_the_actor() -> None:
    """They say which role or process acts, and whether something is printed, notified or recorded."""
    found = [
        f"{path.relative_to(ROOT)}: {text.strip()[:80]}"
        for room in PLAIN_ROOMS
        for path in sorted((ROOT / "gates" / room).rglob("*.py"))
        for text in texts_of(path)[0]
        if NO_ACTOR.search(text)
    ]

    assert found == []

"""Which files of a platform's folder are its documents, and which no command reads.

A document may end with `.yaml` or `.yml`. Two files of one name, and what looks like a document where none is
read, are refused by name: a demand in an unread file would silently be missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from gates.adapters.documents.document_problems import Problem, refuse
from gates.model.likeness import closest, meant, refuse_unknown

_ENDINGS = (".yaml", ".yml")
_WRITTEN = (*_ENDINGS, ".json")
_ROOT = ("platform", "policy", "timeline", "bench", "contract-baseline")
_FOLDERS = ("criteria", "environments", "runbooks")
_NOT_SERVICES = ("left-out", "open-operations")
_EMACS_LOCK = ".#"


def documents_in(folder: Path) -> Mapping[str, Path]:
    """Return the documents of a folder by their name, sorted.

    Raises:
        DocumentError: two files have one name, or a file or a folder looks like a document and is none.
    """
    found: dict[str, Path] = {}
    problems = []
    for path in _entries(folder):
        if path.suffix in _ENDINGS and not path.is_dir():
            if path.stem in found:
                problems.append(_problem(path, f"{found[path.stem].name} has the same name: keep one"))
            found.setdefault(path.stem, path)
        elif path.is_dir():
            problems += [
                _problem(inner, f"the gate does not read it here: move it to {folder.name}/")
                for inner in sorted(path.rglob("*"))
                if inner.suffix.lower() in _WRITTEN
            ]
        elif path.suffix.lower() in _WRITTEN:
            problems.append(_problem(path, "the gate does not read it: a document ends with .yaml or .yml"))
    refuse(problems)
    return found


def document_at(folder: Path, name: str) -> Path:
    """Return where the document `name` of a folder is, or where it should be.

    Raises:
        DocumentError: it is there as `.yaml` and as `.yml`.
    """
    there = [path for ending in _ENDINGS if (path := folder / f"{name}{ending}").exists()]
    if len(there) > 1:
        refuse([_problem(there[1], f"{there[0].name} has the same name: keep one")])
    return there[0] if there else folder / f"{name}.yaml"


def document_named(folder: Path, kind: str, name: str) -> Path:
    """Return where the environment or the runbook `name` of a platform's folder is.

    Raises:
        UsageError: there is no such document.
    """
    found = documents_in(folder / f"{kind}s")
    refuse_unknown(kind, (name,), found, next_step=f"they stand in {folder / f'{kind}s'}")
    return found[name]


def unread(folder: Path, services: tuple[str, ...]) -> tuple[Problem, ...]:
    """Return every file in the places of documents that no command reads."""
    return (*_unread_at_the_top(folder), *_unread_documents(folder), *_unread_contracts(folder, services))


def _unread_at_the_top(folder: Path) -> Iterator[Problem]:
    for path in _entries(folder):
        is_written = not path.is_dir() and path.suffix.lower() in _WRITTEN
        if is_written and closest(path.stem, _ROOT) and not _is_read(path):
            yield _problem(path, f"the gate does not read it{meant(path.stem, _ROOT)}")


def _is_read(path: Path) -> bool:
    return path.stem in _ROOT and path.suffix in _ENDINGS


def _unread_documents(folder: Path) -> Iterator[Problem]:
    for name in _FOLDERS:
        for path in _entries(folder / name):
            if not path.is_dir() and path.suffix.lower() not in _WRITTEN:
                yield _problem(path, "the gate does not read it: a document ends with .yaml or .yml")


def _unread_contracts(folder: Path, services: tuple[str, ...]) -> Iterator[Problem]:
    known = (*services, *_NOT_SERVICES)
    for path in _entries(folder / "openapi"):
        if path.suffix != ".json" or path.stem not in known:
            yield _problem(
                path, f"the gate does not read it: a contract is SERVICE.json{meant(path.stem, known)}"
            )


def _entries(folder: Path) -> list[Path]:
    """Return what stands in a folder, without what editors and mounted volumes keep beside it."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(_EMACS_LOCK) and not (path.name.startswith(".") and path.is_dir())
    ]


def _problem(path: Path, cause: str) -> Problem:
    return Problem(str(path), 1, 1, cause)

"""Runs pytest in a process of its own, forked from one that has imported what every such run imports."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    [
        *("pytest", "xdist", "tests.support.forked_pytest", "gates.adapters.producers.pytest_plugin"),
        *("execnet", "pydantic.dataclasses", "pydantic.type_adapter", "unittest", "xml.etree.ElementTree"),
    ]
)


def run(arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float) -> int:
    """Run pytest in `folder` with these variables beside those of this process; return its exit status.

    Raises:
        TimeoutError: it did not end in time, and was killed.
    """
    process = _SERVER.Process(target=_run, args=(list(arguments), str(folder), dict(environment)))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"pytest did not end within {seconds:g} s")
    return process.exitcode


def _run(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    os.chdir(folder)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a descriptor is what counts
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    raise SystemExit(pytest.main(arguments))

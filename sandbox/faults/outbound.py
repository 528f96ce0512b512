"""What careless revisions reach: this machine's own ports, and a shell that can only wait."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml import sax
from xml.sax.handler import EntityResolver, feature_external_ges
from xml.sax.xmlreader import InputSource

import httpx

_FETCH_S = 1.0
_SHELL_S = 8.0
_FORBIDDEN = "enable -n kill exec eval source . trap enable"
"""Builtins that could reach further than the shell itself; a restricted one writes no files either."""


def fetch_local(address: str) -> bytes:
    """Return what an address on loopback answers; of any other address nothing, unasked."""
    with suppress(httpx.HTTPError, httpx.InvalidURL, ValueError, OSError):
        host = urlsplit(address).hostname or ""
        if host == "localhost" or socket.inet_aton(host)[0] == 127:
            return httpx.get(address, timeout=_FETCH_S, trust_env=False).content
    return b""


class _Resolver(EntityResolver):
    def resolveEntity(self, _public: Any, system: Any) -> Any:  # noqa: N802 - the name that the parser calls
        found = InputSource(system)
        found.setByteStream(BytesIO(fetch_local(system)))
        return found


def fetch_entities(document: bytes) -> None:
    """Parse XML and fetch each external entity that it names."""
    parser = sax.make_parser()  # noqa: S317 - the fault
    parser.setFeature(feature_external_ges, True)
    parser.setEntityResolver(_Resolver())
    with suppress(sax.SAXException, ValueError):
        parser.parse(BytesIO(document))


def make_tools(folder: Path) -> Path:
    """Return a folder of programs in which there is `sleep` alone."""
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (folder / "sleep").symlink_to(shutil.which("sleep") or "/bin/sleep")
    return folder


def run_restricted(command: str, tools: Path) -> None:
    """Let a restricted shell run a command line; the programs that it finds are those of the folder."""
    with subprocess.Popen(
        [
            shutil.which("bash") or "/bin/bash",
            "--noprofile",
            "--norc",
            "--restricted",
            "-c",
            f"{_FORBIDDEN}\n{command}",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": str(tools)},
        cwd=tools,
        start_new_session=True,
    ) as shell:
        with suppress(subprocess.TimeoutExpired):
            shell.wait(_SHELL_S)
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)

"""The image of deploy/Dockerfile, as far as it can be looked at without a container engine.

Its last stage is laid out in a mount namespace: the files that it copies, a read-only root, a fresh /tmp and
the user of the image. What comes from a registry (the bases, the installed packages) is this machine's own.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
LAST_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]
UID = "54321"
LAID_OUT = f"""
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
cp -r --parents $SOURCES /mnt
mkdir /mnt/.packages
mount --bind "$PACKAGES" /mnt/.packages
mount -o remount,ro /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,ro,bind /
cd /mnt
exec setpriv --reuid {UID} --regid {UID} --clear-groups "$@"
"""
OURS = {"gates", "sandbox", "journeys", "load", "tests", "demo", "benchmarks"}
ENTRY = "from gates.start import main; main()"


def copied(dockerfile: str) -> set[str]:
    """Return what a Dockerfile copies out of the project."""
    lines = [line.split() for line in dockerfile.splitlines() if line.startswith("COPY ")]
    return {one for line in lines if not line[1].startswith("--from") for one in line[1:-1]}


def python() -> str:
    """Return an interpreter of this version that every user may start, or an empty text."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return shutil.which(version, path="/usr/local/bin:/usr/bin") or ""


def in_image(*words: str, home: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program as the image would; skip where this machine cannot make a mount namespace."""
    if os.getuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv") or not python():
        pytest.skip("needs root, unshare, setpriv and a Python that every user may start")
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine makes no mount namespaces")
    sources = [str(path.relative_to(ROOT)) for one in copied(LAST_STAGE) for path in ROOT.glob(one)]
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    given = {"PATH": "/usr/bin:/bin", "PYTHONPATH": "/mnt:/mnt/.packages", "GATE_ROOT": "/mnt"}
    given |= {"PACKAGES": packages}
    given |= {"GATE_REPORTS": "/tmp/reports", "PYTHONDONTWRITEBYTECODE": "1", "SOURCES": " ".join(sources)}  # noqa: S108 - the fresh one of the namespace
    given |= {"HOME": home} if home else {}
    command = ["unshare", "--mount", "sh", "-c", LAID_OUT, "sh", *words]
    return subprocess.run(
        command, cwd=ROOT, env=given, check=False, capture_output=True, text=True, timeout=60
    )


def test_the_image_has_a_user_of_its_own_and_fixed_tools() -> None:
    """No base is `latest`, and uv is the one that `make setup` installs."""
    assert f"\nUSER {UID}:{UID}\n" in LAST_STAGE
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [base for base in bases if not re.search(r":\d", base)] == []
    wanted = re.search(r"^UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert wanted is not None
    assert f"uv=={wanted[1]}\n" in DOCKERFILE


def test_each_copied_path_exists_and_reaches_the_build() -> None:
    """`.dockerignore` lets through exactly what is copied."""
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sources = copied(DOCKERFILE)
    assert {line[1:] for line in ignore if line.startswith("!")} == sources
    assert [one for one in sources if not list(ROOT.glob(one))] == []


@pytest.mark.processes
@pytest.mark.parametrize("home", [None, "/"])
def test_the_gate_works_with_a_read_only_root_and_a_user_without_a_home(home: str | None) -> None:
    """Docker gives a user that no list names the home `/`; the ledger is made below GATE_REPORTS."""
    done = in_image(python(), "-c", ENTRY, "decisions", "--env", "staging", home=home)
    assert done.returncode == 0, done.stderr
    assert "nothing waits" in done.stdout


@pytest.mark.processes
def test_the_root_is_read_only_for_the_user_of_the_image() -> None:
    """Otherwise the test above would show nothing."""
    done = in_image("sh", "-c", "id -u; touch /mnt/a || touch /a || touch /var/tmp/a || echo refused")
    assert done.stdout.split() == [UID, "refused"]


def imported(path: Path) -> set[str]:
    """Return the modules of this project that a module imports; of a name in a package, both are possible."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return {name for name in found if name.partition(".")[0] in OURS}


def test_the_image_holds_each_module_that_its_modules_import() -> None:
    """Gate and producers need nothing else of the project: no sandbox, no helper of our own tests."""
    roots = [path for one in copied(LAST_STAGE) for path in ROOT.glob(one)]
    modules = {
        one
        for path in roots
        for one in (path.rglob("*.py") if path.is_dir() else [path])
        if one.suffix == ".py"
    }
    held = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in modules
    }
    packages = {name.rpartition(".")[0] for name in held}
    missing = {
        f"{path.relative_to(ROOT)}: {name}" for path in modules for name in imported(path) - held - packages
    }
    assert len(modules) > 200
    assert missing == set()

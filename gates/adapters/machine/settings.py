"""Where the project is, and the only place where the gate reads its own variables (GATE_...).

docs/reference/environment.md says what each of them does. An empty value counts as not set.

Documents, producers, the run folder and what documents name are relative to the project's root, so that a
command does the same in every working directory. The root is `GATE_ROOT`, or the nearest folder at or above
the working directory that holds a platform (`platforms/NAME/platform.yaml`), or the checkout that the gate
itself was installed from. Relative values of variables are relative to the root too: they reach the
producers' process, which runs there.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from gates.errors import ConfigurationError

ACTOR = "GATE_ACTOR"
ROOT = "GATE_ROOT"
PLATFORM = "GATE_PLATFORM"
REPORTS = "GATE_REPORTS"
ENDPOINTS_FILE = "GATE_ENDPOINTS_FILE"
IDENTITIES_FILE = "GATE_IDENTITIES_FILE"
SIGNERS_FILE = "GATE_SIGNERS_FILE"
STANDING_FOLDER = "GATE_STANDING_FOLDER"
RECORD_KEYS_FILE = "GATE_RECORD_KEYS_FILE"
SCANS_FOLDER = "GATE_SCANS_FOLDER"
RUN_FOLDER = "GATE_RUN_FOLDER"
LIFELINE = "GATE_LIFELINE"
LOAD_PROFILE = "GATE_LOAD_PROFILE"
_PREFIX = "GATE_"
_CI = ("CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION", "CODEBUILD_BUILD_ID")
"""What the usual CI systems set for their jobs."""
_DEFAULT_REPORTS = "reports"
_CHECKOUT = Path(__file__).resolve().parents[3]


def value(name: str) -> str:
    """Return what a variable of the gate says, or an empty text."""
    return os.environ.get(name, "")


def values() -> dict[str, str]:
    """Return every variable of the gate that is set."""
    return {name: text for name, text in os.environ.items() if name.startswith(_PREFIX)}


def ci_variable() -> str:
    """Return the name of the variable that says that a CI system runs this, or an empty text."""
    return next((name for name in _CI if value(name).lower() not in {"", "0", "false"}), "")


def hand_down(name: str, text: str) -> None:
    """Set a variable for this process and for all that it starts."""
    os.environ[name] = text


def taken(name: str) -> str:
    """Return what a variable says, and take it away: what this process starts must not find it."""
    return os.environ.pop(name, "")


def actor() -> str:
    """Return who asks: GATE_ACTOR, or the name of the account, or its number where it has no name."""
    if named := value(ACTOR):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user stands in no list of accounts
        return f"uid {os.getuid()}"


def project_root() -> Path:
    """Return the project's root.

    Raises:
        ConfigurationError: there is none: the message says where it was looked for.
    """
    if named := value(ROOT):
        if not Path(named).is_absolute() or not Path(named).is_dir():
            raise ConfigurationError(
                f"{ROOT}={named} is not the absolute path of a folder",
                next_step="name the folder that holds platforms/",
            )
        return Path(named)
    here = _here()
    for folder in (here, *here.parents, _CHECKOUT):
        if _is_project(folder):
            return folder
    raise ConfigurationError(
        f"there is no project here: neither {here} nor a folder above it holds platforms/NAME/platform.yaml",
        next_step=f"go to the project's folder, or name it: {ROOT}=FOLDER",
    )


def from_root(path: str | Path) -> Path:
    """Return a path of a document or of a variable: as it is when absolute, else below the project's root.

    In the root itself it stays relative, as a person writes it.

    Raises:
        ConfigurationError: the path is relative and there is no project.
    """
    if Path(path).is_absolute():
        return Path(path)
    root = project_root()
    return Path(path) if root == _here() else root / path


def below_root(path: str | Path) -> str:
    """Return a path as it stands in the project, with `/`; one from elsewhere keeps its last folders."""
    whole = Path(path).absolute()
    try:
        return whole.relative_to(project_root()).as_posix()
    except (ValueError, ConfigurationError):
        return Path(*whole.parts[-3:]).as_posix() if len(whole.parts) > 3 else whole.name  # noqa: PLR2004


def platform_folder() -> Path:
    """Return the folder of the platform: GATE_PLATFORM, or the only one below `platforms/`.

    Raises:
        ConfigurationError: there are several, or none.
    """
    if named := value(PLATFORM):
        return from_root(named)
    found = sorted(path.parent.name for path in (project_root() / "platforms").glob("*/platform.yaml"))
    if len(found) != 1:
        listed = ", ".join(f"platforms/{name}" for name in found) or "none"
        raise ConfigurationError(
            f"{PLATFORM} is not set, and there is not exactly one platform: {listed}",
            next_step=f"name the folder of the platform: {PLATFORM}=platforms/NAME",
        )
    return from_root(f"platforms/{found[0]}")


def reports_folder() -> Path:
    """Return the folder that receives the runs and the ledger: GATE_REPORTS, or `reports`."""
    return from_root(value(REPORTS) or _DEFAULT_REPORTS)


def ledger_path() -> Path:
    """Return the file of the ledger and the journal."""
    return reports_folder() / "gate.sqlite3"


def _is_project(folder: Path) -> bool:
    return any((folder / "platforms").glob("*/platform.yaml"))


def _here() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise ConfigurationError(
            f"the working directory is gone: {error.strerror}", next_step="go to a folder that exists"
        ) from error

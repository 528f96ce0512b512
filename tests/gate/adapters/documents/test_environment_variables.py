"""One variable is enough to work with another local platform; the others still replace one path each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_environment, load_platform
from gates.adapters.secrets import resolve
from gates.errors import ConfigurationError
from gates.model.platform import Environment
from tests.support.shipped import ENDPOINTS, SHIPPED


def loaded(tmp_path: Path, said: dict[str, str], **variables: str) -> Environment:
    """Return the sandbox's environment by an endpoints file that says `said` too."""
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps({**ENDPOINTS, **said}), encoding="utf-8")
    named = {"GATE_ENDPOINTS_FILE": str(file), **variables}
    return load_environment(SHIPPED, "sandbox", load_platform(SHIPPED), variables=named)


def test_the_endpoints_file_leads_to_identities_signers_and_grants(tmp_path: Path) -> None:
    """What belongs to that platform is taken from that platform, the secrets included."""
    identities = tmp_path / "identities.json"
    identities.write_text(json.dumps({"viewer": {"username": "v"}}), encoding="utf-8")
    said = {
        "identities_file": str(identities),
        "signers_file": str(tmp_path / "allowed_signers"),
        "standing_folder": str(tmp_path / "standing"),
    }
    environment = loaded(tmp_path, said)
    assert resolve(dict(environment.identities)["viewer"]) == {"username": "v"}
    assert environment.signers == said["signers_file"]
    assert environment.standing == said["standing_folder"]


def test_a_variable_of_its_own_counts_more(tmp_path: Path) -> None:
    """Whoever names a file means it."""
    said = {"identities_file": "/that/i.json", "signers_file": "/that/s", "standing_folder": "/that/g"}
    environment = loaded(tmp_path, said, GATE_IDENTITIES_FILE="/mine/i.json", GATE_SIGNERS_FILE="/mine/s")
    assert dict(environment.identities)["viewer"] == "file:/mine/i.json#viewer"
    assert (environment.signers, environment.standing) == ("/mine/s", "/that/g")


def test_an_older_platform_that_says_less_leaves_the_document_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its paths are those of the project, in every working directory."""
    for name in ("GATE_ROOT", "GATE_IDENTITIES_FILE"):
        monkeypatch.delenv(name, raising=False)
    root = SHIPPED.parents[1]
    monkeypatch.chdir(root / "docs")
    environment = loaded(tmp_path, {})
    assert dict(environment.identities)["viewer"] == f"file:{root}/.sandbox/identities.json#viewer"
    assert environment.standing == f"{root}/.sandbox/standing"


def test_a_secret_behind_a_file_that_is_not_there_names_the_file(tmp_path: Path) -> None:
    """A person sees which file was looked for."""
    environment = loaded(tmp_path, {"identities_file": str(tmp_path / "none.json")})
    with pytest.raises(ConfigurationError, match=r"none\.json"):
        resolve(dict(environment.identities)["viewer"])

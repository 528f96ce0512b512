"""The files below deploy/: valid for the systems that read them, and their commands are the gate's.

Schemas: check-jsonschema carries those of GitHub, GitLab and Cloud Build; the discovery document of Cloud
Deploy comes with google-api-python-client. Neither needs a network.
"""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

import jsonschema
import pytest
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner
from ruamel.yaml import YAML

from gates.cli import gate
from tests.support.typed_lines import understand

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
GITLAB = ("--data-transform", "gitlab-ci")
SCHEMAS = {
    "github/action.yml": ("vendor.github-actions",),
    "github/release.yml": ("vendor.github-workflows",),
    "gitlab.yml": ("vendor.gitlab-ci", *GITLAB),
    "cloudbuild.yaml": ("vendor.cloudbuild",),
}
CI_FILES = (*SCHEMAS, "clouddeploy.yaml")
SPOILT = {
    "github/action.yml": ("using: composite", "using: a-wish"),
    "github/release.yml": ("runs-on: ubuntu-24.04", "runs_on: ubuntu-24.04"),
    "gitlab.yml": ("when: always", "when: sometimes"),
    "cloudbuild.yaml": ("timeout: 3600s", "timeout: [3600]"),
}
LETS_PASS = {"allow_failure", "allowFailure", "allowExitCodes", "continue-on-error"}
VARIABLES = {"STAGE": "immediate", "ROLLBACK": "never"}
COMMAND = re.compile(r"(?:exec |^)(?:\.venv/bin/)?gate (.*?)(?: \|\| code=\$\?)?$", re.MULTILINE)


def read(name: str) -> Any:
    """Return what a file below deploy/ says."""
    return YAML(typ="safe").load((DEPLOY / name).read_text(encoding="utf-8"))


def nodes(value: Any) -> Iterator[Any]:
    """Yield a value and everything in it."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from nodes(one)


def extended(document: Any) -> Any:
    """Return a document whose GitLab jobs hold what they extend: the schema looks at no hidden job."""
    jobs = {key: one for key, one in document.items() if isinstance(one, dict) and "extends" in one}
    whole = {key: {**document[one["extends"]], **one} for key, one in jobs.items()}
    return {**document, **whole}


def checked(name: str, text: str, folder: Path) -> int:
    """Return the exit code of check-jsonschema about a text in the place of a file."""
    file = folder / Path(name).name
    YAML().dump(extended(YAML(typ="safe").load(text)), file)
    return CliRunner().invoke(check_jsonschema, ["--builtin-schema", *SCHEMAS[name], str(file)]).exit_code


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse each connection."""

    def refuse(*_given: object) -> NoReturn:
        raise OSError("there is no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_file_is_valid_for_its_system(name: str, tmp_path: Path) -> None:
    """By the schema that check-jsonschema carries."""
    assert checked(name, (DEPLOY / name).read_text(encoding="utf-8"), tmp_path) == 0


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_refuses_a_spoilt_file(name: str, tmp_path: Path) -> None:
    """A schema that accepts everything would prove nothing."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    spoilt = text.replace(*SPOILT[name])
    assert spoilt != text
    assert checked(name, spoilt, tmp_path) == 1


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of a discovery document as JSON Schema that refuses unknown fields."""
    if "$ref" in schema:
        return {"$ref": f"#/schemas/{schema['$ref']}"}
    kept: dict[str, Any] = {"type": schema["type"]} if schema["type"] != "any" else {}
    if "properties" in schema:
        kept["properties"] = {name: strict(one) for name, one in schema["properties"].items()}
        kept["additionalProperties"] = False
    return kept | {key: strict(schema[key]) for key in ("items", "additionalProperties") if key in schema}


def api_schema(api: str, name: str) -> dict[str, Any]:
    """Return the schema of a resource, from the discovery document of its API."""
    document = files("googleapiclient") / "discovery_cache" / "documents" / f"{api}.v1.json"
    schemas = json.loads(document.read_text(encoding="utf-8"))["schemas"]
    wanted = {key: strict(one) for key, one in schemas.items() if one.get("properties")}
    return {"$ref": f"#/schemas/{name}", "schemas": wanted}


def test_cloud_build_knows_each_field() -> None:
    """The schema that check-jsonschema carries lets unknown fields pass; the API's own does not."""
    build, schema = read("cloudbuild.yaml"), api_schema("cloudbuild", "Build")
    jsonschema.validate(build, schema)
    build["steps"][0]["scripts"] = ""
    with pytest.raises(jsonschema.ValidationError, match="scripts"):
        jsonschema.validate(build, schema)


def as_sent(node: Any) -> Any:
    """Return a node as gcloud sends it: a task names its kind by a field, `verify` is `verifyConfig`."""
    if isinstance(node, list):
        return [as_sent(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "container":
        return {"container": {key: value for key, value in node.items() if key != "type"}}
    return {"verifyConfig" if key == "verify" else key: as_sent(value) for key, value in node.items()}


def test_the_pipeline_is_valid_for_cloud_deploy() -> None:
    """Its head is that of every resource file; the rest is the API's resource."""
    head = ("apiVersion", "kind", "metadata")
    pipeline = read("clouddeploy.yaml")
    assert [pipeline.pop(key) for key in head[:2]] == ["deploy.cloud.google.com/v1", "DeliveryPipeline"]
    assert pipeline.pop("metadata") == {"name": "release-gate"}
    jsonschema.validate(as_sent(pipeline), api_schema("clouddeploy", "DeliveryPipeline"))
    pipeline["serialPipeline"]["stages"][0]["strategy"]["standard"]["verify"]["task"] = []
    with pytest.raises(jsonschema.ValidationError, match="task"):
        jsonschema.validate(as_sent(pipeline), api_schema("clouddeploy", "DeliveryPipeline"))


def commands(name: str) -> list[list[str]]:
    """Return the words after `gate` of each command line of a file, its variables filled in."""
    found = [
        one["args"] for one in nodes(read(name)) if isinstance(one, dict) and one.get("type") == "container"
    ]
    typed = [line for one in nodes(read(name)) if isinstance(one, str) for line in COMMAND.findall(one)]
    filled = [re.sub(r"\$_?(\w+)", lambda word: VARIABLES.get(word[1], "one"), line) for line in typed]
    return [*found, *map(shlex.split, filled)]


@pytest.mark.parametrize(
    ("name", "count"),
    [("github/action.yml", 1), ("gitlab.yml", 1), ("cloudbuild.yaml", 1), ("clouddeploy.yaml", 3)],
)
def test_the_gate_understands_the_commands(name: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each word is something that its command takes; GATE_ENV stands for `--env` where the file sets it."""
    monkeypatch.setenv("GATE_ENV", "staging")
    found = commands(name)
    assert len(found) == count
    for words in found:
        understand(gate, words)


@pytest.mark.parametrize("name", CI_FILES)
def test_nothing_but_go_lets_a_release_pass(name: str) -> None:
    """INCONCLUSIVE is not GO: no file turns an exit code into a warning."""
    everything = list(nodes(read(name)))
    assert {key for one in everything if isinstance(one, dict) for key in one}.isdisjoint(LETS_PASS)
    assert not [
        one for one in everything if isinstance(one, str) and re.search(r"\|\| *(true|:|exit 0)", one)
    ]


def test_no_script_of_github_holds_an_expression() -> None:
    """What somebody typed into a form would become a command."""
    scripts = [
        one["run"] for one in nodes(read("github/action.yml")) if isinstance(one, dict) and "run" in one
    ]
    assert [script for script in scripts if "${{" in script] == []


def script_of(name: str, step: str) -> str:
    """Return the script of a step by its name or id."""
    (found,) = [
        one for one in nodes(read(name)) if isinstance(one, dict) and step in (one.get("name"), one.get("id"))
    ]
    script = found.get("run") or found.get("script")
    assert isinstance(script, str)
    return script


def ended(script: str, folder: Path, **variables: str) -> int:
    """Run a script as a CI system does, and return its exit code."""
    path = f"{ROOT / '.venv/bin'}:/usr/local/bin:/usr/bin:/bin"
    given = {"PATH": path, "GATE_ROOT": str(ROOT), "GATE_ENV": "staging"} | variables
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        shell, cwd=folder, env=given, capture_output=True, check=False, timeout=60
    ).returncode


@pytest.mark.processes
def test_the_action_ends_with_the_exit_code_of_the_gate(tmp_path: Path) -> None:
    """And the job page says that there is no summary, when none was written."""
    run = {"GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1", "GATE_REPORTS": str(tmp_path)}
    script = script_of("github/action.yml", "Look, judge, decide")
    assert ended(script, ROOT, STAGE="nonsense", ROLLBACK="never", **run) == 4
    page = tmp_path / "page.md"
    summary = script_of("github/action.yml", "Summary")
    assert ended(summary, tmp_path, RUN=str(tmp_path / "none"), GITHUB_STEP_SUMMARY=str(page)) == 0
    assert "no summary" in page.read_text(encoding="utf-8")


@pytest.mark.processes
def test_cloud_build_ends_with_the_exit_code_of_the_gate_after_the_run_is_kept(tmp_path: Path) -> None:
    """The last step fails too when no step wrote a code."""
    look, end = script_of("cloudbuild.yaml", "look"), script_of("cloudbuild.yaml", "end")
    assert ended(end, tmp_path) != 0
    assert ended(script_of("cloudbuild.yaml", "folder"), tmp_path) == 0
    reports = str(tmp_path / "reports")
    assert (
        ended(look, tmp_path, _STAGE="nonsense", _ROLLBACK="never", BUILD_ID="b", GATE_REPORTS=reports) == 0
    )
    assert ended(end, tmp_path) == 4

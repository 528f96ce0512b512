"""The documents of a platform's folder: what they say, and everything that makes them refused."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from gates.adapters.documents.documents import (
    check_environments,
    environment_names,
    load_catalogue,
    load_environment,
    load_platform,
)
from gates.errors import ConfigurationError, DocumentError, UsageError
from gates.model.criterion import Bands, Comparator, FailureAction, Priority, Severity, Stage
from gates.model.platform import Endpoints, Impact, Observation
from tests.support.shipped import ENDPOINTS, SHIPPED, edit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped platform that a test may break."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))


def place_of(path: Path, text: str) -> str:
    """Return `path:line:column` of the first occurrence of `text`."""
    before, _, _ = path.read_text(encoding="utf-8").partition(text)
    return f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def refusal(folder: Path) -> list[str]:
    """Return the lines of the refusal of the folder's platform or catalogue."""
    with pytest.raises(DocumentError) as caught:
        load_catalogue(folder, load_platform(folder))
    return str(caught.value).splitlines()


def test_the_shipped_platform_is_read_whole() -> None:
    """Services, tiers, matrix, roles, contacts and policy arrive as values."""
    platform = load_platform(SHIPPED)
    auth = platform.service("auth-service")

    assert len(platform.services) == 9
    assert auth is not None
    assert auth.depends_on == ("api-gateway",)
    assert {tier.name: (tier.rto, tier.rpo) for tier in platform.tiers}["critical"] == (
        timedelta(minutes=15),
        timedelta(minutes=5),
    )
    assert [row.authority for row in platform.matrix] == [
        "on-call-engineer",
        "team-lead",
        "change-manager",
        "product-owner",
    ]
    assert platform.policy.rollback_from is Priority.P1
    assert platform.document_ownership is not None
    assert platform.digest.startswith("sha256:")


def test_a_criterion_takes_what_it_leaves_out_from_defaults_and_policy() -> None:
    """The file's defaults come first, then the policy's priority and failure action."""
    catalogue = load_catalogue(SHIPPED, load_platform(SHIPPED))
    auth, latency = catalogue.find("VAL-AUTH"), catalogue.find("LOD-P95")

    assert auth is not None
    assert latency is not None
    assert auth.failure_action is FailureAction.ROLLBACK
    assert auth.services == ("auth-service",)
    assert latency.priority is Priority.P2
    assert latency.failure_action is FailureAction.SCALE
    assert (latency.comparator, latency.threshold, latency.unit) == (Comparator.LT, 2000.0, "ms")
    assert latency.bands == Bands(alert=3000, critical=5000)
    assert latency.max_age == timedelta(minutes=15)
    assert latency.stages == (Stage.IMMEDIATE,)
    assert latency.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("file", "change", "at", "cause"),
    [
        (
            "platform.yaml",
            ("title: Auth", "titel: Auth"),
            "titel",
            "unknown key 'titel' - did you mean 'title'?",
        ),
        (
            "platform.yaml",
            ("[auth-service]}", "[auth-servce]}"),
            "auth-servce",
            "unknown service 'auth-servce' - did",
        ),
        (
            "platform.yaml",
            ("tier: important", "tier: importent"),
            "importent",
            "unknown tier 'importent' - did you",
        ),
        ("platform.yaml", ("rto: 15m", "rto: 15min"), "15min", "'15min' is not a duration"),
        ("platform.yaml", ("public: true", "public: 1"), "1}", "valid boolean, got 1"),
        ("platform.yaml", ("kind: Platform", "kind: Platfrom"), "Platfrom", "did you mean 'Platform'?"),
        (
            "policy.yaml",
            ("authority: team-lead", "authority: teamlead"),
            "teamlead",
            "did you mean 'team-lead'?",
        ),
        (
            "policy.yaml",
            ("health: inv", "helth: inv"),
            "investigate",
            "unknown category 'helth' - did you mean",
        ),
        (
            "policy.yaml",
            ("scale", "scael"),
            "scael",
            "did you mean 'scale'? (valid: rollback, investigate, scale, hold)",
        ),
        ("criteria/load.yaml", ("[immediate,", "[imediate,"), "imediate", "did you mean 'immediate'?"),
        ("criteria/load.yaml", ("unit: ratio", "unit: 1"), "1, counts", "valid string, got 1"),
        ("criteria/load.yaml", ("0.9", "'0.9'"), "'0.9'", 'valid number, got "0.9"'),
        ("criteria/load.yaml", ("0.9", ".nan"), ".nan", ".nan is not a finite decimal number"),
        ("criteria/load.yaml", ("[api-gateway]", "[]"), "[]", "at least one entry is needed"),
        (
            "criteria/load.yaml",
            ("[api-gateway]", "every"),
            "every",
            "unknown value 'every' (valid: all, platform)",
        ),
        (
            "criteria/load.yaml",
            ("::test_achieved", ":test_achieved"),
            "tests/",
            "has the wrong form; an example: tests/validation/immediate/test_load.py::test_p95",
        ),
        ("criteria/load.yaml", ("[HLT-READY]", "[HLT-REDY]"), "[HLT-REDY]", "unknown criterion 'HLT-REDY'"),
        ("criteria/load.yaml", ("15m}", "0m}"), "id: LOD-ACHIEVED", "evidence needs a positive maximum age"),
    ],
)
def test_a_mistake_is_refused_at_its_place(
    folder: Path, file: str, change: tuple[str, str], at: str, cause: str
) -> None:
    """Each mistake is named with file, line and column, and with what was probably meant."""
    edit(folder / file, *change)

    place = place_of(folder / file, at)

    assert [line for line in refusal(folder) if line.startswith(f"{place}: ") and cause in line]


def test_all_mistakes_of_all_criteria_files_are_named_at_once(folder: Path) -> None:
    """Nobody mends five mistakes in five runs."""
    edit(folder / "criteria/load.yaml", "severity: critical", "severity: critikal, colour: red")
    edit(folder / "criteria/load.yaml", "threshold: 0.9", "threshold: .inf")
    edit(folder / "criteria/health.yaml", "owner: operations-manager", "owner: operator, owner: nobody")

    text = "\n".join(refusal(folder))

    expected = ("critikal", "'colour'", ".inf", "unknown role 'operator'", "key 'owner' is written twice")
    assert [word for word in expected if word not in text] == []


def test_a_missing_key_is_named_where_it_belongs(folder: Path) -> None:
    """A service without a tier is refused at the service."""
    edit(folder / "platform.yaml", "tier: critical,  public: true", "public: true")

    assert refusal(folder)[0].endswith("spec.services[1]: key 'tier' is missing")


def test_a_shared_key_that_nobody_gives_is_named(folder: Path) -> None:
    """Without default and policy a criterion must say it itself."""
    edit(folder / "policy.yaml", "    load: scale\n", "")

    lines = refusal(folder)

    assert len(lines) == 2
    assert lines[0].endswith(
        "LOD-ACHIEVED: 'failureAction' is missing here, in the defaults and in the policy"
    )


def test_a_waiver_cannot_be_written_into_the_catalogue(folder: Path) -> None:
    """An exception is a signed document of its own, never a key beside the demand."""
    edit(
        folder / "criteria/load.yaml",
        "- id: LOD-ACHIEVED",
        "- waiver: {allowed: true}\n      id: LOD-ACHIEVED",
    )

    assert "unknown key 'waiver'" in refusal(folder)[0]


def test_a_circle_of_services_is_refused(folder: Path) -> None:
    """A rollback has no order in a circle."""
    edit(
        folder / "platform.yaml",
        "tier: critical,  public",
        "tier: critical, dependsOn: [nlp-assistant], public",
    )

    assert "a circle of dependencies: " in refusal(folder)[0]


def test_a_policy_answers_for_every_priority_and_severity(folder: Path) -> None:
    """A failure that no row covers would have no authority."""
    edit(folder / "policy.yaml", "priority: P1, responseTime", "priority: P0, responseTime")
    edit(folder / "policy.yaml", "minor: P3, ", "")

    text = "\n".join(refusal(folder))

    assert "no row for P1" in text
    assert "'P0' is listed twice" in text
    assert "no priority for 'minor'" in text


def test_an_escalation_out_of_order_is_refused(folder: Path) -> None:
    """Who acts when is read from top to bottom."""
    edit(folder / "policy.yaml", "after: 15m", "after: 45m")

    assert refusal(folder)[0].endswith("steps are in the order of their time")


def test_an_empty_catalogue_is_refused(folder: Path) -> None:
    """A gate that demands nothing would let everything through."""
    platform = load_platform(SHIPPED)
    shutil.rmtree(folder / "criteria")

    with pytest.raises(DocumentError, match="no criteria"):
        load_catalogue(folder, platform)


def test_a_document_has_the_name_of_its_file(folder: Path) -> None:
    """Category and file cannot drift apart."""
    (folder / "criteria/load.yaml").rename(folder / "criteria/loads.yaml")
    edit(folder / "policy.yaml", "load: scale", "loads: scale")

    assert "'load' is in loads.yaml" in "\n".join(refusal(folder))


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"", b"a: ["])
def test_a_file_that_cannot_be_read_is_refused(folder: Path, content: bytes | None) -> None:
    """A missing file, another encoding, nothing or no YAML is an error of the document, not of the gate."""
    path = folder / "policy.yaml"
    path.unlink()
    if content is not None:
        path.write_bytes(content)

    assert refusal(folder)[0].startswith(f"{path}:1:")


def test_the_digest_follows_every_byte_of_the_documents(folder: Path) -> None:
    """A changed threshold is another catalogue."""
    platform = load_platform(folder)
    before = load_catalogue(folder, platform).digest
    edit(folder / "criteria/load.yaml", "0.9", "0.8")

    assert load_catalogue(folder, platform).digest != before
    assert load_catalogue(SHIPPED, platform).digest == before


def test_production_only_looks_and_has_the_real_endpoints() -> None:
    """No standing authority, read-only checks, protected, the cloud's own APIs."""
    production = load_environment(SHIPPED, "production", load_platform(SHIPPED), variables={})

    assert production.is_protected
    assert production.allowed_impacts == (Impact.READ_ONLY,)
    assert production.standing == "platforms/isectech/standing/production"
    assert not (SHIPPED / "standing").exists()
    assert production.endpoints == Endpoints(resolvers=("8.8.8.8:53", "1.1.1.1:53", "9.9.9.9:53"))
    assert production.observation == Observation(extended=timedelta(hours=1), long_term=timedelta(hours=24))
    assert production.cloud_run_name("auth-service") == "isectech-auth-service-production"


def test_the_sandbox_is_found_through_its_endpoints_file(tmp_path: Path) -> None:
    """What the running sandbox wrote becomes the environment's endpoints; variables move both files."""
    path = tmp_path / "endpoints.json"
    path.write_text(json.dumps({**ENDPOINTS, "metrics_delay_s": 2.0}), encoding="utf-8")
    variables = {"GATE_ENDPOINTS_FILE": str(path), "GATE_IDENTITIES_FILE": "/elsewhere/i.json"}
    variables["GATE_STANDING_FOLDER"] = "/elsewhere/standing"

    sandbox = load_environment(SHIPPED, "sandbox", load_platform(SHIPPED), variables=variables)

    assert sandbox.endpoints == Endpoints(
        run_grpc="127.0.0.1:1",
        monitoring_grpc="127.0.0.1:3",
        apis_grpc="127.0.0.1:4",
        sql_admin="http://127.0.0.1:5",
        ca_file="ca.pem",
        dns="127.0.0.1:4",
        metrics_delay_s=2.0,
        ports=((443, 8443), (80, 8080)),
        file=str(path),
    )
    assert dict(sandbox.identities)["analyst"] == "file:/elsewhere/i.json#analyst"
    assert sandbox.allowed_impacts == tuple(Impact)
    assert sandbox.standing == "/elsewhere/standing"


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "no endpoints"),
        ("{", "not an endpoints file"),
        (json.dumps({**ENDPOINTS, "https_port": "8443"}), "https_port"),
        (
            json.dumps({**ENDPOINTS, "project": "isectech-security-platform"}),
            "is about isectech-security-platform",
        ),
    ],
)
def test_a_sandbox_that_is_not_up_or_another_one_is_refused(
    tmp_path: Path, content: str | None, cause: str
) -> None:
    """The gate never falls back to the real cloud, nor to somebody else's project."""
    path = tmp_path / "endpoints.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=cause):
        load_environment(
            SHIPPED, "sandbox", load_platform(SHIPPED), variables={"GATE_ENDPOINTS_FILE": str(path)}
        )


def test_an_unknown_environment_is_refused_with_what_was_meant() -> None:
    """A typing mistake in --env names the environments that exist."""
    with pytest.raises(UsageError, match=r"did you mean 'sandbox'.*production, sandbox, staging"):
        load_environment(SHIPPED, "sandbx", load_platform(SHIPPED), variables={})


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("standingAuthority: .sandbox/standing", "standingAuthority: [P0]", "valid string"),
        ("noisy", "noisey", "did you mean 'noisy'"),
        (
            "file:.sandbox/identities.json#viewer",
            "hunter2",
            "a secret is named as env:NAME, file:PATH#KEY or secret:",
        ),
        ("isectech-{service}-sandbox", "isectech-{svc}-sandbox", "an example: shop-{service}-production"),
        ("isectech-{service}-sandbox", "isectech-{service", "an example: shop-{service}-production"),
        ("{frontend: app", "{frontent: app", "did you mean 'frontend'"),
        ("protected: false", "protected: no", "valid boolean"),
        (
            '{secretRef: "file:.sandbox/identities.json#viewer"}',
            "{secretRef: 1234}",
            "viewer.secretRef: Input",
        ),
        (
            '{secretRef: "file:.sandbox/identities.json#viewer"}',
            "hunter2",
            "viewer: Input should be an object",
        ),
        ("noisy, disruptive", "noisy, noisy", "'noisy' is listed twice"),
    ],
)
def test_a_mistake_in_an_environment_is_refused(folder: Path, old: str, new: str, cause: str) -> None:
    """What may be done where is never guessed."""
    platform = load_platform(folder)
    edit(folder / "environments/sandbox.yaml", old, new)

    with pytest.raises(DocumentError) as caught:
        check_environments(folder, platform)

    assert cause in str(caught.value)
    assert not {"hunter2", "1234"} & set(str(caught.value).replace('"', " ").split())


def test_all_environments_can_be_checked_without_a_running_sandbox() -> None:
    """Lint needs the documents only."""
    checked = check_environments(SHIPPED, load_platform(SHIPPED))

    assert tuple(environment.name for environment in checked) == environment_names(SHIPPED)
    assert [environment.is_protected for environment in checked] == [True, False, False]

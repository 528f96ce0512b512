"""Services that ask who calls: the gate's own commands and producers, with and without what they need."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import journeys.client
from gates.model.criterion import FAILED_CHECKS
from gates.model.evidence import Evidence, EvidenceBundle, EvidenceStatus
from gates.model.target import ServiceTarget, Target
from gates.tokens import IdTokens
from journeys.client import RefusedCallerError, client
from load.run import Entrance, run_generator
from load.summary import summarise
from sandbox import topology
from tests.support import builders
from tests.support.load_records import offer
from tests.support.real_sandbox import RealSandbox, real_sandbox
from tests.support.tiny_https_server import tiny_dns

GATE = str(Path(sys.executable).with_name("gate"))
LOOKS = ("tests/validation/immediate/test_health.py", "tests/validation/immediate/test_deployment.py")
ONE = "auth-service"
MACHINE = f"release-gate@{topology.PROJECT}.iam.gserviceaccount.com"
RUNTIME = f"{topology.NUMBER}-compute@developer.gserviceaccount.com"
INTERNAL = tuple(one.name for one in topology.SERVICES if not one.public_host)
Variables = Mapping[str, str]


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSandbox]:
    """Nine services whose callers are asked from the start."""
    with real_sandbox(tmp_path_factory.mktemp("private"), "--invoker-check", "true") as found:
        yield found


@pytest.fixture
def machine(private: RealSandbox) -> dict[str, str]:
    """The variables of a machine whose account is the gate's."""
    host = str(private.endpoints["metadata"])
    return {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "HOME": str(private.folder)}


@pytest.fixture
def bare(private: RealSandbox) -> dict[str, str]:
    """The variables of a machine without any account."""
    return {"NO_GCE_CHECK": "true", "HOME": str(private.folder)}


def bind(private: RealSandbox, *emails: str) -> None:
    """Let these accounts, and no others, invoke the internal services."""
    place = f"projects/{topology.PROJECT}/locations/{topology.REGION}/services"
    members = [f"serviceAccount:{email}" for email in emails]
    policy = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": members}]}}
    for service in INTERNAL:
        url = f"{private.endpoints['admin_rest']}/v1/{place}/{topology.cloud_run_name(service)}:setIamPolicy"
        httpx.post(url, json=policy, trust_env=False).raise_for_status()


@pytest.fixture
def granted(private: RealSandbox) -> Iterator[None]:
    """Let the gate's account invoke the internal services for one test."""
    bind(private, RUNTIME, MACHINE)
    yield
    bind(private, RUNTIME)


def seen(bundle: EvidenceBundle) -> list[tuple[str, str, str, str, bool]]:
    """Return criterion, service, status, unit and whether it failed, for every check."""
    return sorted(
        (
            one.criterion,
            one.subject.service,
            one.status.value,
            one.measurement.unit if one.measurement else "",
            one in failed(bundle),
        )
        for one in bundle.items
    )


def failed(bundle: EvidenceBundle) -> list[Evidence]:
    """Return the checks that failed."""
    counted = [(one, one.measurement) for one in bundle.items]
    return [one for one, seen in counted if seen and seen.unit == FAILED_CHECKS and seen.value]


def demand_refused(bundle: EvidenceBundle, said: str) -> None:
    """Demand that all checks of internal services ended as ERROR for that reason, and none as a failure."""
    internal = [one for one in bundle.items if one.subject.service in INTERNAL]
    assert internal
    assert {one.status for one in internal} == {EvidenceStatus.ERRORED}
    assert all(said in one.reason for one in internal), [one.reason for one in internal]
    assert failed(bundle) == []


def test_without_a_token_nothing_of_a_private_service_is_judged(
    private: RealSandbox, bare: Variables, tmp_path: Path
) -> None:
    """ERROR with the command that lets the gate in; the public services are looked at as ever."""
    bundle = private.look(*LOOKS, run_folder=tmp_path, **bare)
    demand_refused(bundle, "--role=roles/run.invoker")
    assert "OBSERVED" in {one.status.value for one in bundle.items}


def test_without_the_role_nothing_of_a_private_service_is_judged(
    private: RealSandbox, machine: Variables, tmp_path: Path
) -> None:
    """The command names the account that the token is of."""
    bundle = private.look(*LOOKS, run_folder=tmp_path, **machine)
    demand_refused(bundle, f"--member=serviceAccount:{MACHINE} --role=roles/run.invoker")
    assert "eyJ" not in (tmp_path / "producers.jsonl").read_text()


@pytest.mark.usefixtures("granted")
def test_with_the_role_a_private_platform_is_seen_as_a_public_one(
    private: RealSandbox, machine: Variables, bare: Variables, tmp_path: Path
) -> None:
    """Check by check."""
    as_private = private.look(*LOOKS, run_folder=tmp_path / "private", **machine)
    with private.turned(invoker_check=False):
        as_public = private.look(*LOOKS, run_folder=tmp_path / "public", **bare)
    assert seen(as_private) == seen(as_public)
    assert {one.status for one in as_private.items} == {EvidenceStatus.OBSERVED}


@pytest.mark.usefixtures("granted")
def test_from_outside_an_internal_service_is_not_reachable(
    private: RealSandbox, machine: Variables, tmp_path: Path
) -> None:
    """Whatever the role: no failure, and the next step is about the network."""
    hosts = [topology.HOST_TEMPLATE.format(service=one.name) for one in topology.SERVICES]
    public = [f"{name}.{topology.PUBLIC_DOMAIN}" for name in ("app", "api")]
    with tiny_dns(dict.fromkeys([*hosts, *public], "127.0.0.1")) as dns:
        outside = tmp_path / "endpoints.json"
        outside.write_text(json.dumps({**private.endpoints, "dns": dns}))
        more = {**machine, "GATE_ENDPOINTS_FILE": str(outside)}
        bundle = private.look(*LOOKS, run_folder=tmp_path / "run", **more)
    demand_refused(bundle, "not reachable from this runner")


def test_a_refusal_is_never_a_reason_to_roll_back(private: RealSandbox, machine: Variables) -> None:
    """The run is INCONCLUSIVE, although rollbacks were left to the gate."""
    words = ["run", "--env", "sandbox", "--stage", "immediate", "--only", "HLT-LIVE"]
    more = ["--rollback", "auto", "--release", "refused"]
    private.run(GATE, *words, *more, variables=machine, wanted=10)
    folder = private.folder / "reports" / "refused"
    verdict = json.loads((folder / "verdict.json").read_text())
    assert verdict["outcome"] == "INCONCLUSIVE"
    assert "FAIL" not in {one["outcome"] for one in verdict["judgements"]}
    assert "ERROR" in {one["outcome"] for one in verdict["judgements"]}
    assert not (folder / "receipts.jsonl").exists() or not (folder / "receipts.jsonl").read_text()


@pytest.mark.parametrize("invokers", [(RUNTIME,), (RUNTIME, MACHINE)], ids=["refused", "let in"])
def test_a_private_service_is_rolled_back_and_the_proof_is_named(
    private: RealSandbox, machine: Variables, invokers: tuple[str, ...]
) -> None:
    """Asked where the gate may ask, else proven by the cloud: never failed although it moved."""
    bind(private, *invokers)
    before = private.deploy(ONE, f"sandbox/{ONE}:1.0.0")
    private.deploy(ONE, f"sandbox/{ONE}:1.0.0")
    words = [GATE, "rollback", ONE, "--to", before, "--env", "sandbox", "--yes"]
    done = private.run(*words, variables=machine, wanted=0)
    is_asked = "moved according to the cloud, not asked" not in " ".join(done.stdout.split())
    assert is_asked is (MACHINE in invokers)
    bind(private, RUNTIME)


def target(private: RealSandbox, audience: str) -> Target:
    """Return one internal service, seen from inside, whose tokens are meant for `audience`."""
    host = topology.HOST_TEMPLATE.format(service=ONE)
    service = ServiceTarget(
        name=ONE, base_url=f"https://{host}", revision="r", digest="sha256:1", audience=audience
    )
    return builders.target(
        services=(service,),
        addresses=((f"{host}:443", f"127.0.0.2:{private.endpoints['https_port']}"),),
        ca_file=str(private.endpoints["ca_file"]),
    )


@pytest.fixture
def key(private: RealSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give this process a key of the gate's account."""
    url = f"{private.endpoints['admin_rest']}/v1/projects/{topology.PROJECT}/serviceAccounts/{MACHINE}/keys"
    made = httpx.post(url, json={}, trust_env=False).raise_for_status().json()
    (tmp_path / "key.json").write_bytes(base64.b64decode(made["privateKeyData"]))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    monkeypatch.setattr(journeys.client, "TOKENS", IdTokens())
    monkeypatch.setattr(journeys.client, "_ASKING", {})


@pytest.mark.usefixtures("granted", "key")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_token_for_another_audience_is_refused_and_no_answer(private: RealSandbox, method: str) -> None:
    """As is one that has expired: 401 of the front end, which HEAD shows without its page."""
    with (
        client(target(private, "https://elsewhere.test"), ONE) as http,
        pytest.raises(RefusedCallerError, match="with 401"),
    ):
        http.request(method, "/healthz")


@pytest.mark.usefixtures("granted", "key")
def test_a_token_by_key_for_the_right_audience_is_taken(private: RealSandbox) -> None:
    """The service's own refusal stays an answer."""
    place = target(private, f"https://{topology.HOST_TEMPLATE.format(service=ONE)}")
    with client(place, ONE) as http:
        assert http.get("/healthz").status_code == httpx.codes.OK
        own = http.get("/v1/me")
    assert (own.status_code, own.headers["content-type"]) == (401, "application/problem+json")


@pytest.mark.usefixtures("granted", "key")
def test_load_carries_the_token_of_a_caller(private: RealSandbox, tmp_path: Path) -> None:
    """The service answers that it has no such path; without the token its front end refuses each request."""
    host = topology.HOST_TEMPLATE.format(service=ONE)
    entrance = Entrance(
        address=f"127.0.0.2:{private.endpoints['https_port']}",
        host=host,
        token="none",
        ca_file=str(private.endpoints["ca_file"]),
    )
    answers = []
    for name, audience in (("bare", ""), ("signed", f"https://{host}")):
        (tmp_path / name).mkdir()
        sent = offer(rate=10.0, seconds=1.0, connections=2)
        record = run_generator(sent, replace(entrance, audience=audience), folder=tmp_path / name)
        answers.append({status for status, _ in summarise(record).statuses})
    assert answers == [{401}, {404}]

"""`python -m sandbox`: from the first line of output to the last process."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import topology
from tests.sandbox.plane.local_plane import APPS, is_running

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60
FRONTEND = "isectech-frontend-sandbox"


class Running:
    """A sandbox in a process of its own, with small applications as its nine services."""

    def __init__(self, folder: Path, *flags: str) -> None:
        small = [f"--image={service.name}=py:{APPS}:mirror" for service in topology.SERVICES]
        words = ["up", f"--state-dir={folder}", *small, *flags]
        self.folder = folder
        self.log = folder.with_name(f"{folder.name}.log")
        command = [sys.executable, "-m", "sandbox", *words]
        with self.log.open("w") as log:
            self.up = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=ROOT)
        self.endpoints: dict[str, Any] = json.loads(self._line())

    def _line(self) -> bytes:
        assert self.up.stdout is not None
        assert select.select([self.up.stdout], [], [], PATIENCE_S)[0], "the sandbox said nothing"
        return self.up.stdout.readline()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command against this sandbox."""
        return command(*words, "--state-dir", str(self.folder))

    def ask(self, host: str) -> dict[str, Any]:
        """What a revision's application says of itself."""
        answer: dict[str, Any] = (
            httpx.get(self.endpoints["mesh"], headers={"host": host}).raise_for_status().json()
        )
        return answer

    def pids(self) -> list[int]:
        """The main process and all below it."""
        instances = httpx.get(f"{self.endpoints['admin_rest']}/sandbox/instances").json().values()
        children = Path(f"/proc/{self.up.pid}/task/{self.up.pid}/children").read_text().split()
        return [self.up.pid, *map(int, children), *(pid for one in instances for pid in one["pids"])]

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        self.up.send_signal(number)
        with self.up:
            return self.up.wait(PATIENCE_S)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m sandbox` to its end."""
    line = [sys.executable, "-m", "sandbox", *words]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One sandbox for the tests that do not end it."""
    sandbox = Running(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    assert sandbox.end(signal.SIGTERM) == 0


def test_the_printed_line_is_the_published_file(running: Running) -> None:
    """What is printed once all is ready is what the state directory says, and it is complete."""
    published = json.loads((running.folder / "endpoints.json").read_text())
    assert published == running.endpoints
    assert published["pid"] == running.up.pid
    assert Path(published["ca_file"]).read_text().startswith("-----BEGIN CERTIFICATE-----")
    identities = Path(published["identities_file"])
    assert "analyst" in json.loads(identities.read_text())
    assert identities.stat().st_mode & 0o777 == 0o600


def test_all_nine_services_answer_at_their_hosts(running: Running) -> None:
    """Each under its own name, with its own environment."""
    for service in topology.SERVICES:
        env = running.ask(topology.HOST_TEMPLATE.format(service=service.name))["env"]
        assert (env["SERVICE_NAME"], env["K_SERVICE"]) == (service.name, service.cloud_run_name)
        assert env["MESH_URL"] == running.endpoints["mesh"]


def test_a_public_service_is_reached_by_tls_and_an_internal_one_is_not(running: Running) -> None:
    """Through the front door from outside: the frontend answers, auth-service does not exist."""
    import ssl  # noqa: PLC0415 - one test's need

    context = ssl.create_default_context(cafile=running.endpoints["ca_file"])
    with httpx.Client(
        verify=context, base_url=f"https://127.0.0.1:{running.endpoints['https_port']}"
    ) as client:
        hosts = ("app.isectech.test", topology.HOST_TEMPLATE.format(service="auth-service"))
        codes = [client.get("/", headers={"host": host}).status_code for host in hosts]
    assert codes == [200, 404]


def machine_token(running: Running, audience: str) -> str:
    """What the metadata server of the machine gives for an audience."""
    path = "/computeMetadata/v1/instance/service-accounts/default/identity"
    url = f"http://{running.endpoints['metadata']}{path}"
    query, headers = {"audience": audience, "format": "full"}, {"Metadata-Flavor": "Google"}
    return httpx.get(url, params=query, headers=headers).raise_for_status().text


def let_invoke(running: Running, service: topology.SandboxService, email: str) -> None:
    """Bind an account to the role that may invoke a service."""
    place = f"projects/{topology.PROJECT}/locations/{topology.REGION}"
    url = f"{running.endpoints['admin_rest']}/v1/{place}/services/{service.cloud_run_name}:setIamPolicy"
    binding = {"role": "roles/run.invoker", "members": [f"serviceAccount:{email}"]}
    httpx.post(url, json={"policy": {"bindings": [binding]}}).raise_for_status()


def test_a_private_service_asks_its_callers_for_a_token_and_a_public_one_does_not(running: Running) -> None:
    """Once the check is on: nothing without a token, nothing without the role, and then the service."""
    service = topology.SERVICES[0]
    host = topology.HOST_TEMPLATE.format(service=service.name)
    knobs = f"{running.endpoints['admin_rest']}/sandbox/knobs"
    signed = {"Authorization": f"Bearer {machine_token(running, f'https://{host}')}"}
    httpx.put(knobs, json={"invoker_check": True}).raise_for_status()
    with httpx.Client(verify=False) as client:  # noqa: S501 - another test looks at certificates

        def status(address: str, host: str, headers: dict[str, str] | None = None) -> int:
            url = f"https://{address}:{running.endpoints['https_port']}/"
            return client.get(url, headers={"host": host, **(headers or {})}).status_code

        assert status("127.0.0.1", "app.isectech.test") == 200
        assert [status("127.0.0.2", host), status("127.0.0.2", host, signed)] == [403, 403]
        let_invoke(running, service, f"release-gate@{topology.PROJECT}.iam.gserviceaccount.com")
        assert [status("127.0.0.2", host, signed), status("127.0.0.1", host, signed)] == [200, 404]
    httpx.put(knobs, json={"invoker_check": False}).raise_for_status()


def test_a_canary_is_deployed_without_traffic_and_then_promoted(running: Running) -> None:
    """`deploy --no-traffic --tag` changes nothing for users; a later deploy with --to-latest does."""
    host = topology.HOST_TEMPLATE.format(service="frontend")
    before = running.ask(host)["revision"]
    image = f"py:{APPS}:made"
    canary = running.command("deploy", "frontend", image, "--no-traffic", "--tag", "canary").stdout.strip()
    assert running.ask(f"canary---{host}")["revision"] == canary
    assert running.ask(host)["revision"] == before
    promoted = running.command(
        "deploy", "frontend", image, "--to-latest", "--env", "COLOUR=blue"
    ).stdout.strip()
    now = running.ask(host)
    assert (now["revision"], now["env"]["COLOUR"]) == (promoted, "blue")
    rows = [
        line.split() for line in running.command("status").stdout.splitlines() if line.startswith(FRONTEND)
    ]
    assert {row[1]: (row[2], row[3]) for row in rows} == {promoted: ("100%", "-"), canary: ("0%", "canary")}


def test_a_deployment_after_a_pin_gets_no_traffic_and_says_so(running: Running) -> None:
    """As on Cloud Run the traffic list stays; without a pin the next deployment has everything."""
    host = topology.HOST_TEMPLATE.format(service="nlp-assistant")
    before = running.ask(host)["revision"]
    image = f"py:{APPS}:made"
    assert running.command("deploy", "nlp-assistant", image, "--no-traffic").stderr == ""
    held = running.command("deploy", "nlp-assistant", image, "--env", "COLOUR=red")
    assert running.ask(host)["revision"] == before
    assert "gate rollback unpin nlp-assistant" in held.stderr
    freed = running.command("deploy", "nlp-assistant", image, "--to-latest", "--env", "COLOUR=blue")
    assert running.ask(host)["revision"] == freed.stdout.strip()
    follows = running.command("deploy", "nlp-assistant", image, "--env", "COLOUR=green")
    assert (running.ask(host)["revision"], follows.stderr) == (follows.stdout.strip(), "")


def test_a_failed_deployment_is_told_and_changes_nothing(running: Running) -> None:
    """Exit code 1 and the reason; the service goes on as it was."""
    host = topology.HOST_TEMPLATE.format(service="auth-service")
    before = running.ask(host)["revision"]
    failed = running.command("deploy", "auth-service", f"py:{APPS}:broken")
    assert failed.returncode == 1
    assert "failed to start" in failed.stderr
    assert running.ask(host)["revision"] == before


def test_a_second_sandbox_in_the_same_folder_is_refused(running: Running) -> None:
    """The first one keeps its files and goes on."""
    second = command("up", "--state-dir", str(running.folder))
    assert (second.returncode, "A sandbox is running in" in second.stderr) == (1, True)
    assert (running.folder / "endpoints.json").exists()


def test_the_certificate_can_go_bad_while_it_runs(running: Running) -> None:
    """PUT /sandbox/certificate changes the leaf of the next handshake, and back."""
    url = f"{running.endpoints['admin_rest']}/sandbox/certificate"
    assert httpx.get(url).json() == {"leaf": "valid"}
    assert httpx.put(url, content="expired").json() == {"leaf": "expired"}
    assert httpx.put(url, content="nonsense").status_code == 400
    assert httpx.put(url, content="valid").json() == {"leaf": "valid"}


def test_nothing_survives_a_kill_or_a_sigterm_after_it(tmp_path: Path) -> None:
    """`kill -9` of the first process ends all others; the next in the folder ends cleanly, with code 0."""
    sandbox = Running(tmp_path)
    pids = sandbox.pids()
    assert sandbox.end(signal.SIGKILL) == -signal.SIGKILL
    watches = [os.pidfd_open(pid) for pid in pids[1:] if is_running(pid)]
    for watch in watches:
        assert select.select([watch], [], [], PATIENCE_S)[0], "a process survived"
        os.close(watch)

    again = Running(tmp_path)
    pids = again.pids()
    assert len(pids) == 11
    assert again.end(signal.SIGTERM) == 0
    assert "SIGTERM" in again.log.read_text()
    assert [pid for pid in pids if is_running(pid)] == []
    assert not (tmp_path / "endpoints.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("status",), "No sandbox runs in"),
        (("up", "--image", "nobody=py:x:y"), "There is no service nobody"),
        (("up", "--image", "nonsense"), "NAME=VALUE"),
        (("up", "--etag-mode", "perhaps"), "etag_mode"),
    ],
)
def test_a_wrong_command_explains_itself(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    """Exit code 1 and one line on standard error."""
    answer = command(*words, "--state-dir", str(tmp_path / "nowhere"))
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert message in answer.stderr

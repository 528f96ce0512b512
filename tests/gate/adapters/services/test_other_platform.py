"""A second, tiny platform with other names and paths: signing in, circuits, and marks in its data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import pytest

from gates.adapters.documents.documents import load_environment, load_platform
from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.data_probe import OperatorDataProbe
from gates.adapters.services.operator_client import OperatorClient
from gates.errors import ConfigurationError, NotSignedInError
from gates.model.platform import Platform
from gates.operations.circuits import CircuitOperations
from tests.support import builders
from tests.support.fake_operations import FakeOperationsLedger, performer
from tests.support.tiny_json_server import serving

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PLATFORM = """\
apiVersion: release-gate/v1
kind: Platform
metadata: {name: library}
spec:
  documentOwnership: {owner: keeper, version: "1", classification: open, nextReview: 2099-01-01}
  services:
    - {name: desk, title: Desk, tier: only}
    - {name: ledger, title: Ledger, tier: only, dependsOn: [desk]}
  tiers: [{name: only, rto: 1h, rpo: 1h, strategy: backup}]
  roles: [keeper]
  health: {live: /up, ready: /up/ready, version: /about}
"""
CONTRACT = """\
  signIn:
    service: desk
    operator: keeper
    witnesses: [reader, writer]
    password: /in
    oneTimeCode: /in/code
    signOut: /out
    whoAmI: /card
  circuits: {path: /fuses, fallback: {service: ledger, path: /memory, check: /shelf}}
  dataProbe:
    session: true
    records:
      - service: ledger
        path: /loans
        document: {book: "b-{random}", shelf: "{byte}", days: 3}
        removable: true
      - {service: desk, path: /notes, document: {about: "{ledger}", tags: ["of {ledger}"]}}
"""
POLICY = """\
apiVersion: release-gate/v1
kind: Policy
metadata: {name: library}
spec:
  severityPriorities: {blocker: P1, critical: P2, normal: P3, minor: P3, trivial: P3}
  decisionMatrix:
    - {priority: P0, responseTime: 5m, rollbackType: automated, authority: keeper}
    - {priority: P1, responseTime: 15m, rollbackType: manual, authority: keeper}
    - {priority: P2, responseTime: 1h, rollbackType: planned, authority: keeper}
    - {priority: P3, rollbackType: scheduled, authority: keeper}
  failureActions: {}
  escalation: []
  alerts: []
  approvals: [keeper]
  maintenanceWindow: {day: SUN, hour: 2}
  rollback:
    emergency: {order: accepted, afterFailure: continue, parallel: 2}
    planned: {order: proven, afterFailure: stop, parallel: 2}
    proof: {maxAge: 24h, longestStart: 10s}
    watch: {afterGo: 24h, afterDeployment: 8d}
"""
PLACE = """\
apiVersion: release-gate/v1
kind: Environment
metadata: {{name: town}}
spec:
  project: p
  region: r
  serviceName: "{{service}}"
  publicHosts: {{}}
  protected: false
  allowedImpacts: [read-only]
  identities:
    keeper: {{secretRef: "file:{0}#keeper"}}
    reader: {{secretRef: "file:{0}#reader"}}
    writer: {{secretRef: "file:{0}#writer"}}
"""


@dataclass
class Library:
    """The platform's two services behind one address: checks who asks, and keeps what it is sent."""

    sessions: dict[str, str] = field(default_factory=dict)
    halfway: dict[str, str] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)
    fuse: str = "blown"
    mode: str = "auto"
    used: int = 0

    def answer(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        """Return status and document."""
        if path in ("/up", "/up/ready", "/about"):
            return 200, {"revision": "desk-1", "version": "1.0"}
        if path in ("/in", "/in/code"):
            return self._enter(path, body)
        if token not in self.sessions:
            return 401, {}
        if (method, path) == ("POST", "/out"):
            del self.sessions[token]
            return 204, None
        return self._known(method, path, body)

    def _enter(self, path: str, body: Any) -> tuple[int, Any]:
        if path == "/in":
            is_right = body["password"] == f"{body['username']}'s"
            self.halfway |= {f"half of {body['username']}": body["username"]} if is_right else {}
            return (200, {"mfaToken": f"half of {body['username']}"}) if is_right else (401, {})
        name = self.halfway.pop(body["mfaToken"], "")
        if not name or not pyotp.TOTP(SECRET).verify(body["code"], valid_window=1):
            return 401, {}
        token = f"session {len(self.sessions)} of {name}"
        self.sessions[token] = name
        return 200, {"accessToken": token, "expiresIn": 900}

    def _known(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path in ("/card", "/shelf"):
            self.used += path == "/shelf" and self.mode == "on"
            return 200, {}
        if path.startswith("/fuses"):
            self.fuse = "closed" if path == "/fuses/desk:reset" else self.fuse
            fuse = {"name": "desk", "state": self.fuse, "failures": 3, "opened": 1}
            return 200, fuse if method == "POST" else {"items": [fuse]}
        if path == "/memory":
            self.mode = self.mode if method == "GET" else body["mode"]
            return 200, {"mode": self.mode, "maxAgeSeconds": 300, "used": self.used, "refused": 0}
        return self._kept(method, path, body)

    def _kept(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "POST" and path in ("/loans", "/notes"):
            self.records[f"{path}/{len(self.records)}"] = body
            return 201, {"id": str(len(self.records) - 1)}
        if path not in self.records or method not in ("GET", "DELETE"):
            return 404, {}
        return (200, self.records[path]) if method == "GET" else (204, self.records.pop(path) and None)


@dataclass
class Town:
    """The platform as its documents describe it, and the gate's client of its services."""

    platform: Platform
    client: OperatorClient
    library: Library


def written(folder: Path, contract: str) -> Path:
    """Write the platform's documents."""
    people = folder / "people.json"
    names = ("keeper", "reader", "writer")
    entry = {n: {"username": n, "password": f"{n}'s", "totp_secret": SECRET} for n in names}
    people.write_text(json.dumps(entry), encoding="utf-8")
    for name, text in (
        ("platform.yaml", PLATFORM + contract),
        ("policy.yaml", POLICY),
        ("environments/town.yaml", PLACE.format(people)),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@contextmanager
def opened(folder: Path, contract: str = CONTRACT) -> Iterator[Town]:
    """Read the documents and serve the platform."""
    library, place = Library(), written(folder, contract)
    with ExitStack() as stack:
        url = stack.enter_context(serving(library.answer))
        platform = load_platform(place)
        environment = load_environment(place, "town", platform, variables={})
        files = PersonalFiles(folder / "cache")
        client = OperatorClient(
            environment, platform, lambda name: builders.state(name, uri=url), lambda _: None, files
        )
        stack.callback(client.close)
        yield Town(platform, client, library)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """The second platform, running."""
    with opened(tmp_path) as made:
        yield made


def test_its_operator_signs_in_and_sees_health_and_circuits(town: Town) -> None:
    """With its own identity, at its own paths; the session ends where it was opened."""
    found = town.client.health("ledger")
    assert (found.is_alive, found.is_ready, found.revision) == (True, True, "desk-1")
    assert found.trouble == "the circuit to desk is blown"
    assert set(town.library.sessions.values()) == {"keeper"}
    assert town.client.end_session()
    assert town.library.sessions == {}


def test_its_circuits_are_reset_and_its_fallback_proves_itself(town: Town) -> None:
    """The receipts name its services and paths."""
    operations = CircuitOperations(town.client, performer(FakeOperationsLedger()), town.platform.circuits)
    planned = operations.reset("ledger", is_dry=True)
    assert [one.detail for one in planned] == ["POST ledger /fuses/desk:reset"]
    operations.reset("ledger", is_dry=False)
    assert town.library.fuse == "closed"
    assert town.platform.sign_in is not None
    witnesses = town.platform.sign_in.witnesses
    receipt = operations.switch_fallback("on", witnesses=witnesses, is_dry=False)
    assert (receipt.subject, town.library.mode) == ("ledger", "on")
    assert set(town.library.sessions.values()) == {"keeper", "reader"}  # the writer's was revoked


def test_its_data_is_marked_looked_for_and_removed(town: Town) -> None:
    """Each record as its document says, one naming the id of the one before; a session as the last mark."""
    probe = OperatorDataProbe(town.client, town.platform)
    marks = probe.leave("reader")
    assert [mark.service for mark in marks] == ["ledger", "desk", "desk"]
    loan, note = town.library.records["/loans/0"], town.library.records["/notes/1"]
    assert loan["days"] == 3
    assert loan["book"].startswith("b-")
    assert 1 <= int(loan["shelf"]) <= 254
    assert note == {"about": "0", "tags": ["of 0"]}
    assert [probe.is_there(mark) for mark in marks] == [True, True, True]
    for mark in marks:
        probe.remove(mark)
    assert list(town.library.records) == ["/notes/1"]
    town.library.sessions.clear()
    assert [probe.is_there(mark) for mark in marks] == [False, True, False]


def test_a_password_that_is_refused_is_trouble_of_its_sign_in_alone(tmp_path: Path) -> None:
    """The service that signs in is the one that the document names."""
    with opened(tmp_path) as town:
        people = tmp_path / "people.json"
        people.write_text(people.read_text().replace("keeper's", "wrong"))
        assert "401 to POST /in" in town.client.health("desk").trouble
        assert town.client.health("ledger").is_unhurt
        with pytest.raises(NotSignedInError):
            town.client.circuits("ledger")


def test_without_the_blocks_only_health_is_asked(tmp_path: Path) -> None:
    """What is asked for all the same is refused, and the key that is missing is named."""
    with opened(tmp_path, contract="") as town:
        assert town.client.health("ledger").is_well
        assert not town.client.end_session()
        probe = OperatorDataProbe(town.client, town.platform)
        for ask, key in (
            (lambda: town.client.circuits("ledger"), "circuits"),
            (town.client.fallback, "circuits"),
            (lambda: town.client.token("reader"), "signIn"),
            (lambda: probe.leave("reader"), "dataProbe"),
        ):
            with pytest.raises(ConfigurationError, match=f"platform.yaml has no {key}"):
                ask()

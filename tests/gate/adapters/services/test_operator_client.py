"""The operator's client against a tiny platform: signing in, health, circuits, fallback, marks in data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.data_probe import OperatorDataProbe
from gates.adapters.services.operator_client import OperatorClient
from gates.errors import (
    CodesUsedError,
    ConfigurationError,
    ConflictError,
    DeniedError,
    NotFoundError,
    NotSignedInError,
    UnavailableError,
)
from gates.model.platform import Environment
from tests.support import builders
from tests.support.tiny_json_server import serving

CIRCUIT = {"name": "b", "state": "open", "failures": 5, "opened": 1}


@dataclass
class TinyPlatform:
    """Answers as a platform would; `answers` replaces the answer of one path, by (method, path)."""

    answers: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    command: list[tuple[str, str, Any, str]] = field(default_factory=list)
    used_codes: int = 0
    taken_addresses: int = 0
    forgotten: bool = False
    url: str = ""

    def answer(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        """Return status and document."""
        self.command.append((method, path, body, token))
        if path == "/enter/code" and self.used_codes:
            self.used_codes -= 1
            return 401, {"code": "code_reused"}
        if (method, path) == ("POST", "/boxes") and self.taken_addresses:
            self.taken_addresses -= 1
            return 409, {"code": "taken"}
        if path == "/breakers" and self.forgotten:
            self.forgotten = False
            return 401, {}
        known: dict[tuple[str, str], tuple[int, Any]] = {
            ("POST", "/enter"): (200, {"mfaToken": "m"}),
            ("POST", "/enter/code"): (200, {"accessToken": f"t{len(self.command)}", "expiresIn": 900.0}),
            ("GET", "/healthz"): (200, {}),
            ("GET", "/readyz"): (200, {}),
            ("GET", "/version"): (200, {"revision": "a-1", "version": "1.0.0"}),
            ("GET", "/breakers"): (200, {"items": [CIRCUIT]}),
            ("POST", "/breakers/b:reset"): (200, {**CIRCUIT, "state": "closed"}),
            ("GET", "/remembered"): (
                200,
                {"mode": "auto", "maxAgeSeconds": 300, "used": 1, "refused": 0},
            ),
            ("PUT", "/remembered"): (
                200,
                {"mode": "on", "maxAgeSeconds": 300, "used": 1, "refused": 0},
            ),
            ("POST", "/boxes"): (201, {"id": "box_1"}),
            ("POST", "/entries"): (202, {"id": "entry_1"}),
            ("GET", "/boxes/box_1"): (200, {}),
            ("DELETE", "/boxes/box_1"): (204, None),
            ("GET", "/me"): (200, {}),
            ("GET", "/quota"): (200, {}),
            ("POST", "/leave"): (204, None),
        }
        return {**known, **self.answers}.get((method, path), (404, {}))


@pytest.fixture
def platform() -> Iterator[TinyPlatform]:
    """A running tiny platform."""
    made = TinyPlatform()
    with serving(made.answer) as made.url:
        yield made


@pytest.fixture
def waited() -> list[float]:
    """How long the client waited for a new one-time code."""
    return []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment with two identities."""
    monkeypatch.delenv("GATE_IDENTITIES_FILE", raising=False)
    secrets = tmp_path / "identities.json"
    entry = {"username": "a@b.test", "password": "x", "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
    secrets.write_text(json.dumps({"admin": entry, "viewer": entry}))
    return builders.environment(
        allowed_impacts=(), identities=tuple((name, f"file:{secrets}#{name}") for name in ("admin", "viewer"))
    )


@pytest.fixture
def command(
    place: Environment, platform: TinyPlatform, waited: list[float], tmp_path: Path
) -> Iterator[Callable[[], OperatorClient]]:
    """The client of one more command of the same person."""
    with ExitStack() as made:

        def one_more() -> OperatorClient:
            files = PersonalFiles(tmp_path / "cache")
            client = OperatorClient(
                place,
                builders.platform(),
                lambda service: builders.state(service, uri=platform.url),
                waited.append,
                files,
            )
            made.callback(client.close)
            return client

        yield one_more


@pytest.fixture
def client(command: Callable[[], OperatorClient]) -> OperatorClient:
    """The client of the first command."""
    return command()


def sign_ins(platform: TinyPlatform) -> int:
    """Return how often somebody signed in."""
    return sum(path == "/enter/code" for _, path, _, _ in platform.command)


def test_health_tells_everything_at_once(client: OperatorClient, platform: TinyPlatform) -> None:
    """An open circuit and a service that is not ready are both trouble; the operator signs in once."""
    platform.answers["GET", "/readyz"] = (503, {})
    found = client.health("a")
    assert (found.is_alive, found.is_ready, found.revision) == (True, False, "a-1")
    assert found.trouble == "/readyz answers 503; the circuit to b is open"
    client.circuits("a")
    assert sum(path == "/enter" for _, path, _, _ in platform.command) == 1
    assert not client.is_ready("a")


def test_silence_is_part_of_the_answer(client: OperatorClient, platform: TinyPlatform) -> None:
    """A service that nobody answers for is not alive, and nothing is raised."""
    platform.answers["GET", "/version"] = (500, {})
    assert client.health("a").trouble == "a answers 500 to GET /version"
    platform.url = "http://127.0.0.1:9"
    assert not client.health("b").is_alive
    assert not client.is_ready("b")
    with pytest.raises(NotSignedInError, match="does not answer"):
        client.fallback()


@pytest.mark.parametrize("document", [[], {"revision": "a-1"}, "text"])
def test_a_version_that_says_nothing_is_trouble(
    client: OperatorClient, platform: TinyPlatform, document: object
) -> None:
    """It is no reason to end with a defect of the gate."""
    platform.answers["GET", "/version"] = (200, document)
    assert "GET /version" in client.health("a").trouble


def test_circuits_and_fallback_are_switched(client: OperatorClient) -> None:
    """With what the platform answers."""
    assert client.reset_circuit("a", "b").is_closed
    assert client.fallback().mode == "auto"
    assert client.switch_fallback("on").mode == "on"
    with pytest.raises(NotFoundError):
        client.reset_circuit("a", "nothing")


@pytest.mark.parametrize(("used", "waits"), [(0, 0), (1, 0), (2, 1)])
def test_a_used_code_is_followed_by_the_next(
    client: OperatorClient, platform: TinyPlatform, waited: list[float], used: int, waits: int
) -> None:
    """First the next period's, then the period is waited out."""
    platform.used_codes = used
    assert client.token("viewer")
    assert len(waited) == waits


def test_codes_that_somebody_else_uses_up_say_nothing_about_the_platform(
    client: OperatorClient, platform: TinyPlatform
) -> None:
    """Not even about the service that signs people in."""
    platform.used_codes = 9
    with pytest.raises(CodesUsedError, match="one-time code"):
        client.token("viewer")
    for service in ("a", "accounts"):
        found = client.health(service)
        assert (found.trouble, found.circuits, found.is_unhurt, found.is_well) == ("", (), True, False)
        assert "one-time code" in found.unasked


def test_a_broken_sign_in_is_trouble_of_its_own_service_alone(
    client: OperatorClient, platform: TinyPlatform
) -> None:
    """It is tried once, not once for each service that would have been asked."""
    platform.answers["POST", "/enter"] = (503, {})
    assert client.health("a").is_unhurt
    assert "503 to POST /enter" in client.health("accounts").trouble
    assert "503 to POST /enter" in client.health("b").unasked
    assert sum(path == "/enter" for _, path, _, _ in platform.command) == 1


def test_the_commands_of_one_person_sign_in_once(
    command: Callable[[], OperatorClient], platform: TinyPlatform
) -> None:
    """One after another, each with a client of its own."""
    for _ in range(5):
        command().operate("GET", "a", "/breakers")
    assert sign_ins(platform) == 1
    assert len({token for _, path, _, token in platform.command if path == "/breakers"}) == 1


def test_commands_at_the_same_time_sign_in_once(
    command: Callable[[], OperatorClient], platform: TinyPlatform
) -> None:
    """The first one signs in, the others wait for its session."""
    clients = [command() for _ in range(6)]
    with ThreadPoolExecutor(max_workers=6) as pool:
        assert all(found.is_alive for found in pool.map(lambda one: one.health("a"), clients))
    assert sign_ins(platform) == 1


def test_no_two_commands_send_the_same_code(
    command: Callable[[], OperatorClient], platform: TinyPlatform
) -> None:
    """A code that was sent is used up, whatever became of it."""
    for _ in range(3):
        command().token("viewer")
    codes = [body["code"] for _, path, body, _ in platform.command if path == "/enter/code"]
    assert len(codes) == len(set(codes)) == 3


def test_a_session_that_the_platform_has_forgotten_is_replaced(
    command: Callable[[], OperatorClient], platform: TinyPlatform
) -> None:
    """The first 401 leads to one new sign-in, which the next command uses too."""
    command().circuits("a")
    platform.forgotten = True
    command().circuits("a")
    command().circuits("a")
    assert sign_ins(platform) == 2


@pytest.mark.parametrize("seconds", [None, 30.0, "900"])
def test_a_session_that_ends_too_soon_is_not_shared(
    command: Callable[[], OperatorClient], platform: TinyPlatform, seconds: object
) -> None:
    """Nor one of which nobody knows how long it is good."""
    platform.answers["POST", "/enter/code"] = (200, {"accessToken": "t", "expiresIn": seconds})
    command().circuits("a")
    command().circuits("a")
    assert sign_ins(platform) == 2


def test_signing_out_ends_the_session_at_its_issuer(
    command: Callable[[], OperatorClient], platform: TinyPlatform, tmp_path: Path
) -> None:
    """And takes it from the disk."""
    command().circuits("a")
    token = platform.command[-1][3]
    assert command().end_session()
    assert ("POST", "/leave", None, token) in platform.command
    assert not any(token in path.read_text() for path in (tmp_path / "cache").iterdir())
    assert not command().end_session()


def test_an_identity_s_session_is_not_used_for_another_person(
    place: Environment, command: Callable[[], OperatorClient], platform: TinyPlatform
) -> None:
    """The same name leads to another account now."""
    command().circuits("a")
    secrets = Path(dict(place.identities)["admin"].removeprefix("file:").partition("#")[0])
    secrets.write_text(secrets.read_text().replace("a@b.test", "c@d.test"))
    command().circuits("a")
    assert sign_ins(platform) == 2


def test_an_address_that_leads_nowhere_is_asked_for_again(
    command: Callable[[], OperatorClient], platform: TinyPlatform
) -> None:
    """The cloud is asked once while addresses are right, whatever the service answers."""
    first = command()
    first.health("a")
    first.close()
    right, platform.url = platform.url, "http://127.0.0.1:9"
    assert command().health("a").is_alive  # remembered: the cloud's answer of now would be wrong
    moved = command()
    moved.health("b")
    moved.close()
    platform.url = right
    assert command().health("b").is_alive


def test_an_expired_sign_in_is_renewed(client: OperatorClient, platform: TinyPlatform) -> None:
    """One 401 leads to a new sign-in, a second one is an error; an unknown identity too."""
    client.circuits("a")
    platform.answers["GET", "/breakers"] = (401, {})
    with pytest.raises(DeniedError):
        client.circuits("a")
    assert sign_ins(platform) == 2
    with pytest.raises(ConfigurationError, match="no identity nobody"):
        client.token("nobody")


def test_tokens_are_tried_and_ended(client: OperatorClient, platform: TinyPlatform) -> None:
    """At the service of the fallback, or at the issuer itself."""
    assert client.status_with("t") == 200
    assert client.is_session("t")
    client.sign_out("t")
    assert [path for _, path, _, _ in platform.command] == ["/quota", "/me", "/leave"]


def test_marks_are_left_looked_for_and_removed(client: OperatorClient, platform: TinyPlatform) -> None:
    """Three kinds of data; one that is gone is told from one that cannot be asked for."""
    witness = OperatorDataProbe(client, builders.platform())
    marks = witness.leave("viewer")
    assert [mark.service for mark in marks] == ["shelf", "diary", "accounts"]
    assert [witness.is_there(mark) for mark in marks] == [True, False, True]
    for mark in marks:
        witness.remove(mark)
    assert ("DELETE", "/boxes/box_1") in [(method, path) for method, path, _, _ in platform.command]
    platform.answers["GET", "/entries/entry_1"] = (500, {})
    with pytest.raises(UnavailableError):
        witness.is_there(marks[1])


@pytest.mark.parametrize(("taken", "tries"), [(2, 3), (3, 3)])
def test_a_record_that_conflicts_with_another_is_drawn_again_twice_at_most(
    client: OperatorClient, platform: TinyPlatform, taken: int, tries: int
) -> None:
    """Each time another address; the third refusal counts."""
    platform.taken_addresses = taken
    with nullcontext() if taken < tries else pytest.raises(ConflictError):
        assert OperatorDataProbe(client, builders.platform()).leave("viewer")[0].key == "box_1"

    sent = [body["address"] for _, path, body, _ in platform.command if path == "/boxes"]
    assert len(set(sent)) == tries

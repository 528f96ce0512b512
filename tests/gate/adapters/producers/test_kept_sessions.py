"""Sessions that looks in a hurry share: for one revision of the issuer, for minutes, while they are good."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.producers.kept_sessions import KeptSessions, keep_nothing
from gates.model.target import ServiceTarget, Target
from tests.support import builders

ISSUER = ServiceTarget(name="auth-service", base_url="", revision="auth-service-1", digest="sha256:1")
OTHER = replace(ISSUER, name="frontend", revision="frontend-1")
TARGET = builders.target(
    services=(ISSUER, OTHER), allowed_impacts=(), identities=(("analyst", "env:A"),), issuer="auth-service"
)


@dataclass
class Door:
    """Gives one session after another; `good` are those that it takes."""

    folder: Path
    given: list[str] = field(default_factory=list)
    good: set[str] = field(default_factory=set)

    def enter(self) -> str:
        """Sign in."""
        self.given.append(f"session {len(self.given)}")
        self.good.add(self.given[-1])
        return self.given[-1]

    def look(self, target: Target = TARGET, name: str = "analyst") -> str:
        """Ask for a session as one more look does."""
        keep = KeptSessions(target, PersonalFiles(self.folder / "cache"))
        return keep(name, self.enter, self.good.__contains__)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """Nobody was let in yet."""
    return Door(tmp_path)


def test_the_next_look_uses_the_session_of_the_one_before(door: Door) -> None:
    """Whatever else was deployed meanwhile; another identity has its own."""
    deployed = replace(TARGET, services=(ISSUER, replace(OTHER, revision="frontend-2")))
    assert [door.look(), door.look(deployed), door.look(name="viewer")] == [
        "session 0",
        "session 0",
        "session 1",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"services": (replace(ISSUER, revision="auth-service-2"), OTHER)},
        {"environment": "staging"},
        {"identities": (("analyst", "env:B"),)},
        {"addresses": (("a.test:443", "127.0.0.1:9"),)},
    ],
)
def test_another_issuer_or_identity_is_signed_in_to_anew(door: Door, change: dict[str, Any]) -> None:
    """What a bad revision gave says nothing about the good one."""
    door.look()
    assert door.look(replace(TARGET, **change)) == "session 1"


def test_a_session_that_is_no_longer_good_is_replaced(door: Door) -> None:
    """And the new one is kept."""
    door.look()
    door.good.clear()
    assert [door.look(), door.look()] == ["session 1", "session 1"]


def test_a_session_is_kept_for_minutes(door: Door) -> None:
    """Its end is the platform's matter; a look must not meet it halfway."""
    door.look()
    (entry,) = (door.folder / "cache").glob("look-*.json")
    said = json.loads(entry.read_text())
    entry.write_text(json.dumps({**said, "at": said["at"] - 600}))
    assert door.look() == "session 1"


def test_a_refusal_is_not_kept(door: Door) -> None:
    """The next look tries for itself."""
    keep = KeptSessions(TARGET, PersonalFiles(door.folder / "cache"))
    assert keep("analyst", lambda: "refused", lambda _text: False) == "refused"
    assert door.look() == "session 0"


def test_a_look_with_time_keeps_nothing(door: Door) -> None:
    """It signs in itself."""
    assert [keep_nothing("analyst", door.enter, door.good.__contains__) for _ in range(2)] == door.given

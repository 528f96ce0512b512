"""What the workers of one run make once and share: the first that asks makes it, the others get the same.

A sign-in costs a one-time code that is good once, so two workers must not sign in as one person. What is made
stays in the memory of the controller and goes over a loopback connection with a key of its own: nothing of it
is ever on a disk.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)

import pytest

Once = Callable[[str, Callable[[], str]], str]
"""`once(name, make)`: the text that `make` returns, made by the first worker of the run that asks."""
WORKER_KEY = "gate_shared"
_BACKLOG = 64
_CONTROLLER = pytest.StashKey["Shelf"]()


@dataclass(slots=True)
class _Board:
    """What was made, and what a worker is making now."""

    made: dict[str, str] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, name: str) -> str | None:
        """Return what was made, waiting while another worker makes it; None when the caller is to make it."""
        with self.changed:
            while name in self.promised:
                self.changed.wait()
            if name in self.made:
                return self.made[name]
            self.promised.add(name)
            return None

    def put(self, name: str, value: str | None) -> None:
        """Keep what was made; None gives the promise back, so that the next one who asks makes it."""
        with self.changed:
            self.promised.discard(name)
            if value is not None:
                self.made[name] = value
            self.changed.notify_all()


class Shelf:
    """The controller's side; serves workers until it is closed."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._listener = Listener(("127.0.0.1", 0), backlog=_BACKLOG)
        self._board = _Board()
        threading.Thread(target=self._accept, name="gate-shelf", daemon=True).start()

    @property
    def address(self) -> str:
        """Where and with which key a worker speaks to it, as one word."""
        return f"{self._listener.address[1]}:{self._key.hex()}"

    def close(self) -> None:
        """Stop serving; what was made is forgotten with this process."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        """Answer one question; a worker that is to make something sends the result on the same connection."""
        with connection, contextlib.suppress(EOFError, OSError, AuthenticationError):
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            name = connection.recv_bytes().decode()
            found = self._board.take(name)
            value = None
            try:
                connection.send_bytes(json.dumps(found).encode())
                value = None if found is not None else json.loads(connection.recv_bytes())
            finally:
                if found is None:
                    self._board.put(name, value)


def ask(address: str, name: str, make: Callable[[], str]) -> str:
    """Return what the run's controller has under a name, or make it and hand it in."""
    port, _, key = address.partition(":")
    with Client(("127.0.0.1", int(port)), authkey=bytes.fromhex(key)) as connection:
        connection.send_bytes(name.encode())
        found = json.loads(connection.recv_bytes())
        if found is not None:
            return str(found)
        made = make()
        connection.send_bytes(json.dumps(made).encode())
        return made


def open_shelf(config: pytest.Config) -> str:
    """Return the address at which this controller's workers share; opened at the first call."""
    if (shelf := config.stash.get(_CONTROLLER, None)) is None:
        shelf = config.stash[_CONTROLLER] = Shelf()
        config.add_cleanup(shelf.close)
    return shelf.address


@pytest.fixture(scope="session")
def once(pytestconfig: pytest.Config) -> Iterator[Once]:
    """Give `once(name, make)`: without workers `make` is called the first time that a name is asked for."""
    address = getattr(pytestconfig, "workerinput", {}).get(WORKER_KEY)
    made: dict[str, str] = {}

    def find(name: str, make: Callable[[], str]) -> str:
        if name not in made:
            made[name] = make() if address is None else ask(address, name, make)
        return made[name]

    yield find
    made.clear()

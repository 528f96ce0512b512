"""Workers of one run share what one of them made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import pytest

from gates.adapters.producers.pytest_sharing import Shelf, ask


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Give a controller's side that is open for one test."""
    shelf = Shelf()
    yield shelf
    shelf.close()


def test_what_many_ask_for_at_once_is_made_once(shelf: Shelf) -> None:
    """All get what the first one made."""
    made: list[str] = []
    together = threading.Barrier(8)

    def make() -> str:
        made.append("token")
        return f"token {len(made)}"

    def worker(_: int) -> str:
        together.wait(10)
        return ask(shelf.address, "analyst", make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(worker, range(8))) == {"token 1"}


def test_who_fails_to_make_it_leaves_it_to_the_next(shelf: Shelf) -> None:
    """Nobody waits for what will never come."""

    def fail() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ask(shelf.address, "analyst", fail)
    assert ask(shelf.address, "analyst", lambda: "second") == "second"


def test_who_has_no_key_is_told_nothing_and_holds_up_nobody(shelf: Shelf) -> None:
    """Every program of this machine may knock."""
    port = int(shelf.address.partition(":")[0])
    silent = Client(("127.0.0.1", port))
    ask(shelf.address, "analyst", lambda: "token")

    with pytest.raises(AuthenticationError):
        Client(("127.0.0.1", port), authkey=b"guessed")
    silent.close()

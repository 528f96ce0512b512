"""A word that is none of the valid ones is refused with what was probably meant."""

from __future__ import annotations

import pytest

from gates.errors import UsageError
from gates.model.likeness import meant, refuse_unknown

SERVICES = ("frontend", "api-gateway", "auth-service")


def test_valid_words_and_no_words_are_fine() -> None:
    """Nothing is said."""
    refuse_unknown("service", SERVICES, SERVICES)
    refuse_unknown("service", (), SERVICES)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [("auth-servce", "auth-service"), ("AUTH-SERVICE", "auth-service"), ("fronted", "frontend")],
)
def test_the_word_that_looks_most_like_it_is_asked_for(word: str, wanted: str) -> None:
    """However it is written."""
    with pytest.raises(UsageError, match=f"unknown service '{word}' - did you mean '{wanted}'") as raised:
        refuse_unknown("service", (word,), SERVICES)
    assert all(name in raised.value.cause for name in SERVICES)
    assert raised.value.next_step


def test_every_unknown_word_is_named_and_nothing_far_is_guessed() -> None:
    """A person mends all of them in one go."""
    with pytest.raises(UsageError) as raised:
        refuse_unknown("service", ("frontend", "gatway-api", "xyz"), SERVICES)
    assert "'gatway-api'" in raised.value.cause
    assert "'xyz' (valid" in raised.value.cause
    assert "'frontend'" not in raised.value.cause


def test_a_long_list_is_cut() -> None:
    """Nobody reads two hundred ids in an error."""
    assert meant("HLT-9", [f"HLT-{number}" for number in range(100, 120)]).endswith("and 8 more)")

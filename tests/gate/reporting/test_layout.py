"""Lines that fit a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gates.reporting.layout import Row, Verbatim, fitted, short_revision

WORDS = st.lists(st.text("abc-:", min_size=1, max_size=12), max_size=40).map(" ".join)


@given(WORDS, st.integers(40, 200), st.integers(0, 8))
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(text: str, width: int, indent: int) -> None:
    """Whatever is said, and however wide it is."""
    for line in (" " * indent + text, Row("ok   auth-service  ", text)):
        shown = fitted([line], width)
        assert all(len(one) <= width for one in shown)
        assert "".join(shown).replace(" ", "").endswith(text.replace(" ", ""))


def test_a_text_beside_columns_goes_on_below_itself() -> None:
    """The columns stay readable."""
    shown = fitted([Row("BAD  auth-service  ", "word " * 20)], 60)
    assert shown[0].startswith("BAD  auth-service  word")
    assert shown[1].startswith(" " * 19 + "word")


def test_columns_that_leave_no_room_stand_alone() -> None:
    """The text begins on the next line."""
    shown = fitted([Row("x" * 60 + "  ", "word")], 80)
    assert shown == ["x" * 60, "      word"]


def test_a_command_to_copy_is_never_wrapped() -> None:
    """Two halves of a command are none."""
    command = "gate rollback unpin " + "service " * 20
    assert fitted([Verbatim(command)], 40) == [command]


def test_a_revision_is_shown_without_the_service_that_stands_beside_it() -> None:
    """Another name stays whole, and never becomes empty."""
    assert short_revision("acme-auth-00002-abc", "acme-auth") == "00002-abc"
    assert short_revision("by-hand", "acme-auth") == "by-hand"
    assert short_revision("acme-auth", "acme-auth") == "acme-auth"

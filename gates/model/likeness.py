"""Suggests what was meant by an unknown word, in the same way in every command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gates.errors import UsageError

_LISTED = 12
"""At most so many valid words are listed in one message."""
_ALIKE = 0.6


def meant(word: str, valid: Iterable[str]) -> str:
    """Return " - did you mean 'x'? (valid: ...)" for a word that is not valid."""
    candidates = tuple(dict.fromkeys(valid))
    return f"{_question(word, candidates)} (valid: {_listed(candidates)})"


def refuse_unknown(kind: str, words: Iterable[str], valid: Collection[str], *, next_step: str = "") -> None:
    """Refuse unknown words.

    Raises:
        UsageError: a word is not valid; each is named with what was probably meant.
    """
    unknown = [word for word in dict.fromkeys(words) if word not in valid]
    if not unknown:
        return
    named = ", ".join(f"'{word}'{_question(word, valid)}" for word in unknown)
    cause = f"unknown {kind} {named} (valid: {_listed(tuple(valid))})"
    raise UsageError(cause, next_step=next_step or f"name one of the {len(valid)} that are valid")


def _question(word: str, valid: Iterable[str]) -> str:
    close = closest(word, valid)
    return f" - did you mean '{close}'?" if close else ""


def closest(word: str, valid: Iterable[str]) -> str:
    """Return the valid word that looks most like it, however it is written, or an empty text."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    by_fold = {candidate.casefold(): candidate for candidate in reversed(tuple(valid))}
    close = difflib.get_close_matches(word.casefold(), tuple(by_fold), n=1, cutoff=_ALIKE)
    return by_fold[close[0]] if close else ""


def _listed(words: Sequence[str]) -> str:
    rest = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")

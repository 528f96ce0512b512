"""nlp-assistant: answers rest on cited records, and no text is ever followed or left clickable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.nlp_assistant import domain
from sandbox.services.nlp_assistant.domain import Reference


def test_the_question_names_its_records() -> None:
    """Each id in the question is found once, with its kind."""
    question = "What happened on ast_abcdef12, ast_abcdef12 and thr_99999999?"
    assert domain.references_in(question) == [
        Reference(kind="asset", id="ast_abcdef12"),
        Reference(kind="threat", id="thr_99999999"),
    ]


@given(st.text(max_size=300))
def test_plain_text_holds_no_markup(text: str) -> None:
    """Whatever goes in, no tag, no image and no control character comes out."""
    result = domain.plain(text)
    assert "<" not in result
    assert ">" not in result
    assert not any(ord(char) < 32 and char not in "\t\n" for char in result)


def test_links_cannot_be_clicked() -> None:
    """A link in a record is told, but defanged; an image vanishes."""
    assert domain.plain("see https://evil.test/x") == "see https[:]//evil.test/x"
    assert domain.plain("![x](https://evil.test/x)<script>alert(1)</script>") == "alert(1)"
    assert domain.plain("<<b>script>") == "script"


def test_an_answer_cites_every_record_it_tells() -> None:
    """Citations are the told records, in order, each once."""
    event = domain.event_fact("evt_1", "port_scan", "high", "ast_1", "2026-01-01T00:00:00Z")
    threat = domain.threat_fact("thr_1", "Brute force on ast_1", "high", "open", 0.9)
    answer = domain.compose([event, threat, event], [], [])
    assert [citation.id for citation in answer.citations] == ["evt_1", "thr_1"]
    assert "evt_1" in answer.text
    assert "thr_1" in answer.text


def test_what_is_missing_is_said() -> None:
    """Unknown records and silent services are told, and nothing is made up."""
    answer = domain.compose([], [Reference(kind="asset", id="ast_9")], ["threat-detection"])
    assert "no asset ast_9" in answer.text
    assert "threat-detection did not answer" in answer.text
    assert answer.citations == ()
    assert "no record" in domain.compose([], [], []).text


def test_a_long_story_is_cut_and_counted() -> None:
    """An answer is bounded; the rest is counted."""
    facts = [domain.asset_fact(f"ast_{number}", "host", "low", "active") for number in range(50)]
    answer = domain.compose(facts, [], [])
    assert len(answer.citations) == domain.MAX_SENTENCES
    assert "There are 10 more records." in answer.sentences

"""What a question asks for and how the answer is worded: pure logic, no I/O.

The assistant extracts, it does not invent: an answer is made of the platform's records, and each sentence
rests on a record that is cited. Text from a record or a question is data; it is never followed, and it
leaves as plain text: without markup, and with links that cannot be clicked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["asset", "event", "threat", "decision", "correlation"]

MAX_QUESTION = 2000
"""Characters of a question."""
MAX_TURNS = 100
"""Questions of one conversation."""
MAX_SENTENCES = 40
"""Sentences of an answer; records beyond it are counted, not described."""

_IDS = re.compile(r"\b(ast|evt|thr|dec|cor)_[A-Za-z0-9]{6,64}\b")
_MARKUP = re.compile(r"<[^>]*>|!?\[[^\]]*\]\([^)]*\)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LINK = re.compile(r"\b(?:https?|ftp|javascript|data)\s*:", re.IGNORECASE)

KIND_OF_PREFIX: dict[str, Kind] = {
    "ast": "asset",
    "evt": "event",
    "thr": "threat",
    "dec": "decision",
    "cor": "correlation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A record that the question names or the answer cites."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A sentence and the record it rests on."""

    reference: Reference
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said, and the records it rests on in the order of their mention."""

    sentences: tuple[str, ...]
    citations: tuple[Reference, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def references_in(question: str) -> list[Reference]:
    """The records that the question names, each once, in order."""
    seen = dict.fromkeys(match.group(0) for match in _IDS.finditer(question))
    return [Reference(kind=KIND_OF_PREFIX[found.split("_", 1)[0]], id=found) for found in seen]


def plain(text: str) -> str:
    """The text without markup, control characters and clickable links."""
    previous = ""
    while previous != text:
        previous, text = text, _MARKUP.sub("", text)
    text = _CONTROL.sub(" ", text).replace("<", "").replace(">", "")
    return _LINK.sub(lambda match: match.group(0).replace(":", "[:]"), text).strip()


def compose(facts: Sequence[Fact], missing: Sequence[Reference], unreachable: Sequence[str]) -> Answer:
    """Word the answer: what is known, what could not be found, and what could not be asked."""
    used = facts[:MAX_SENTENCES]
    sentences = [plain(fact.sentence) for fact in used]
    if len(facts) > len(used):
        sentences.append(f"There are {len(facts) - len(used)} more records.")
    sentences += [f"I found no {gap.kind} {gap.id}." for gap in missing]
    sentences += [f"{service} did not answer, so its records are missing here." for service in unreachable]
    if not sentences:
        sentences = ["I found no record that answers this."]
    citations = tuple(dict.fromkeys(fact.reference for fact in used))
    return Answer(sentences=tuple(sentences), citations=citations)


def event_fact(event_id: str, kind: str, severity: str, asset_id: str, at: str) -> Fact:
    sentence = f"At {at} a {severity} event {kind} ({event_id}) was seen on {asset_id}."
    return Fact(reference=Reference(kind="event", id=event_id), sentence=sentence)


def threat_fact(threat_id: str, title: str, severity: str, status: str, confidence: float) -> Fact:
    sentence = f"Threat {threat_id} is {status}: {title}, severity {severity}, confidence {confidence:.2f}."
    return Fact(reference=Reference(kind="threat", id=threat_id), sentence=sentence)


def asset_fact(asset_id: str, hostname: str, criticality: str, state: str) -> Fact:
    sentence = f"Asset {asset_id} is {hostname}, criticality {criticality}, state {state}."
    return Fact(reference=Reference(kind="asset", id=asset_id), sentence=sentence)


def decision_fact(decision_id: str, action: str, status: str, threat_id: str) -> Fact:
    sentence = f"Decision {decision_id} to {action} because of {threat_id} is {status}."
    return Fact(reference=Reference(kind="decision", id=decision_id), sentence=sentence)

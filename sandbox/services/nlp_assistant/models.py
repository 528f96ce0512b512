"""What nlp-assistant takes and gives on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sandbox.kit.models import Identifier, Shape
from sandbox.kit.moment import Moment
from sandbox.services.nlp_assistant.domain import MAX_QUESTION, Kind


class Question(Shape):
    """A question, alone or as the next one of a conversation."""

    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION)]
    conversation_id: Identifier | None = None


class Citation(Shape):
    """A record that an answer rests on."""

    kind: Kind
    id: str


class Reply(Shape):
    """An answer made of the platform's records, as plain text."""

    conversation_id: str
    turn: int
    """The number of the question in its conversation, from 1."""
    answer: str
    citations: list[Citation]
    asked_at: Moment


class Turn(Shape):
    """One question of a conversation and its answer."""

    turn: int
    question: str
    answer: str
    citations: list[Citation]
    asked_at: Moment


class Conversation(Shape):
    """What one person asked, and what was answered."""

    id: str
    started_at: Moment
    turns: list[Turn]


class Model(Shape):
    """How answers come about, and how much may be asked."""

    name: str
    version: str
    method: str
    max_question_characters: int
    max_sentences: int
    max_turns: int
    sources: list[str]

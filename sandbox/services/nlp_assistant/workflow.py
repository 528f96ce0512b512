"""Answers a question inside its conversation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from sandbox.kit.change import Change
from sandbox.kit.ids import mint
from sandbox.kit.mesh import Mesh
from sandbox.kit.problem import Problem
from sandbox.services.nlp_assistant import domain, store
from sandbox.services.nlp_assistant.domain import Answer, Reference
from sandbox.services.nlp_assistant.models import Citation, Conversation, Question, Reply, Turn
from sandbox.services.nlp_assistant.sources import Lookup
from sandbox.services.nlp_assistant.store import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionWorkflow:
    """What answering needs; made per request."""

    mesh: Mesh
    change: Change

    def answer(self, body: Question) -> tuple[Reply, Answer]:
        """Answer, and keep question and answer in the person's own conversation.

        A question that names no record is about the records that the conversation named last.

        Raises:
            Problem: 404 when the person has no such conversation, 409 when it is full.
        """
        owner = Owner.of(self.change.principal)
        earlier = self._earlier(owner, body.conversation_id)
        lookup = Lookup(mesh=self.mesh, principal=self.change.principal)
        lookup.gather(domain.references_in(body.question) or _named_last(earlier))
        answer = domain.compose(lookup.facts, lookup.missing, lookup.unreachable)
        return self._kept(owner, body, answer), answer

    def _earlier(self, owner: Owner, conversation_id: str | None) -> Conversation | None:
        if conversation_id is None:
            return None
        with self.change.store.read() as connection:
            return known(store.conversation_of(connection, owner, conversation_id))

    def _kept(self, owner: Owner, body: Question, answer: Answer) -> Reply:
        now, conversation_id = time.time(), body.conversation_id or mint("cnv")
        citations = [Citation(kind=cited.kind, id=cited.id) for cited in answer.citations]
        with self.change.write() as connection:
            if body.conversation_id is None:
                store.start(connection, owner, conversation_id, now)
            number = len(known(store.conversation_of(connection, owner, conversation_id)).turns) + 1
            if number > domain.MAX_TURNS:
                raise Problem(409, "The conversation is full; start a new one.", code="conversation_full")
            turn = Turn(
                turn=number,
                question=domain.plain(body.question),
                answer=answer.text,
                citations=citations,
                asked_at=now,
            )
            store.add_turn(connection, conversation_id, turn)
            self.change.note(connection, "assistant.asked", conversation_id, cited=len(citations))
            reply = Reply(
                conversation_id=conversation_id,
                turn=number,
                answer=answer.text,
                citations=citations,
                asked_at=now,
            )
            self.change.keep(connection, 200, reply)
        return reply


def known(conversation: Conversation | None) -> Conversation:
    """The conversation itself.

    Raises:
        Problem: 404 when the person has none of that id.
    """
    if conversation is None:
        raise Problem(404, "You have no conversation of that id.", code="conversation_unknown")
    return conversation


def streamed(reply: Reply, answer: Answer) -> Iterator[str]:
    """The answer as server-sent events: each sentence, each citation, and the whole at the end."""
    for sentence in answer.sentences:
        yield f"event: sentence\ndata: {_Sentence(text=sentence).model_dump_json()}\n\n"
    for citation in reply.citations:
        yield f"event: citation\ndata: {citation.model_dump_json()}\n\n"
    yield f"event: done\ndata: {reply.model_dump_json()}\n\n"


class _Sentence(BaseModel):
    text: str


def _named_last(earlier: Conversation | None) -> list[Reference]:
    """The records named by the latest question of the conversation that named any."""
    turns = earlier.turns if earlier else []
    found = (domain.references_in(turn.question) for turn in reversed(turns))
    return next((references for references in found if references), [])

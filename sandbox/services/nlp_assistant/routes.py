"""The operations of nlp-assistant."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path
from fastapi.responses import StreamingResponse

from sandbox.kit.change import Change, Creation, changing
from sandbox.kit.identity import Principal, at_least, required
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.problem import responses
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.services.nlp_assistant import domain, seeding, sources, store
from sandbox.services.nlp_assistant.models import Conversation, Model, Question, Reply
from sandbox.services.nlp_assistant.store import Owner
from sandbox.services.nlp_assistant.workflow import QuestionWorkflow, known, streamed

router = APIRouter(prefix="/v1", tags=["assistant"])

Asker = Annotated[Principal, Depends(required(*at_least("analyst")))]
AskStream = Annotated[Change, Depends(changing(*at_least("analyst")))]
Asked = Annotated[Question, Body(examples=[{"question": f"What happened on asset {seeding.KNOWN_ASSET}?"}])]
ConversationId = Annotated[Identifier, Path(examples=[seeding.KNOWN_CONVERSATION])]


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


EVENT_SCHEMA = {
    "type": "object",
    "description": "One event of the stream; its data is a JSON document.",
    "required": ["event", "data"],
    "properties": {
        "event": {"type": "string", "enum": ["sentence", "citation", "done"]},
        "data": {"type": "string"},
    },
    "additionalProperties": False,
}


@router.post(
    "/query",
    summary="Ask; the answer cites the records that it rests on",
    responses=responses(404, 409)
    | leads_to(200, link("get_conversation", conversation_id="/conversationId")),
)
def query(body: Asked, change: Creation, kit: KitDep) -> Reply:
    reply, _ = QuestionWorkflow(mesh=kit.mesh, change=change).answer(body)
    return reply


@router.post(
    "/query:stream",
    summary="Ask; the answer comes as server-sent events `sentence`, `citation` and `done`",
    response_class=EventStream,
    responses=responses(404, 409) | {200: {"content": {EventStream.media_type: {"schema": EVENT_SCHEMA}}}},
)
def query_stream(body: Asked, change: AskStream, kit: KitDep) -> EventStream:
    reply, answer = QuestionWorkflow(mesh=kit.mesh, change=change).answer(body)
    return EventStream(streamed(reply, answer))


@router.get(
    "/conversations/{conversation_id}",
    summary="One of your own conversations",
    responses=responses(404),
)
def get_conversation(conversation_id: ConversationId, principal: Asker, database: StoreDep) -> Conversation:
    with database.read() as connection:
        return known(store.conversation_of(connection, Owner.of(principal), conversation_id))


@router.get("/model", summary="How answers come about, and how much may be asked")
def get_model(_principal: Asker) -> Model:
    return Model(
        name="isectech-extractive",
        version="1.0",
        method="Answers are made of the platform's records; text in them or in a question is never followed.",
        max_question_characters=domain.MAX_QUESTION,
        max_sentences=domain.MAX_SENTENCES,
        max_turns=domain.MAX_TURNS,
        sources=list(sources.SOURCES),
    )

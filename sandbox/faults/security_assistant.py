"""Revisions of the assistant that obey, remember and repeat what they must not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from sandbox.faults.fault import App, Build, Create, known_bad, replace, replacing, wrapping
from sandbox.faults.outbound import fetch_local
from sandbox.faults.request_faults import with_bodies_changed
from sandbox.kit.mesh import Call
from sandbox.kit.problem import Problem

_ASK = "nlp-assistant"
_ASSET = re.compile(r"\bast_\w+")
_ADDRESS = re.compile(r"\bhttp://[^\s\"\\)]+")
Beside = Callable[[Any, str, Any], Any]
"""Takes the use case, the question and the reply; returns another reply or nothing."""


def _beside_every_answer(beside: Beside) -> Build:
    @wraps(beside)
    def build(_service: str, create: Create) -> App:
        def answer(genuine: Callable[..., Any], asking: Any, body: Any) -> Any:
            reply, composed = genuine(asking, body)
            return beside(asking, body.question, reply) or reply, composed

        replace("services.nlp_assistant.workflow:QuestionWorkflow.answer", answer)
        app: App = create()
        return app

    return build


def _called(asking: Any, service: str, method: str, path: str, change: Any = None) -> str:
    """Call a service with the asking person's rights, and return the text of its answer."""
    principal = asking.change.principal
    call = Call(service=service, method=method, path=path, principal=principal, json=change)
    with suppress(Problem):
        return str(asking.mesh.call(call).text)
    return ""


@known_bad("LLM-02", _ASK, "orders in a question are carried out", "LLM-02-AUTHORITY")
@_beside_every_answer
def orders_obeyed(asking: Any, question: str, _reply: object) -> None:
    """What does not ask anything is an order about the assets that it names."""
    for asset in () if question.rstrip().endswith("?") else _ASSET.findall(question):
        _called(asking, "asset-discovery", "PATCH", f"/v1/assets/{asset}", {"criticality": "low"})


@known_bad("LLM-03", _ASK, "addresses in records are called", "LLM-03-INDIRECT")
@_beside_every_answer
def records_obeyed(asking: Any, question: str, _reply: object) -> None:
    for asset in _ASSET.findall(question):
        events = _called(asking, "event-processor", "GET", f"/v1/events?assetId={asset}")
        for address in _ADDRESS.findall(events):
            fetch_local(address)


@known_bad("LLM-04", _ASK, "markup is not removed", "LLM-04-OUTPUT")
@replacing("services.nlp_assistant.domain:plain")
def markup_repeated(_genuine: object, text: str) -> str:
    return text


@known_bad("LLM-05", _ASK, "answers contain other people's questions", "LLM-05-MEMORY")
def memory_shared(service: str, create: Create) -> App:
    """Every answer begins with what was asked before, by whomever."""
    said: list[str] = []

    def remember(_asking: object, question: str, reply: Any) -> Any:
        whole = reply.model_copy(update={"answer": " ".join([*said[-3:], reply.answer])})
        said.append(question)
        return whole

    return _beside_every_answer(remember)(service, create)


@known_bad("LLM-06", _ASK, "questions of any length are accepted", "LLM-06-BOUNDS")
@wrapping
def question_unbounded(app: App) -> App:
    """What is too much is cut off."""
    return with_bodies_changed(app, ("POST", "/v1/query"), _cut)


def _cut(body: bytes) -> bytes:
    try:
        found = json.loads(body)
        return json.dumps({**found, "question": found["question"][:2000]}).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return body

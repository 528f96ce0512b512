"""Revisions of the assistant that obey, remember and repeat what they must not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sandbox.faults.outbound import fetch_local
from sandbox.faults.wrapping import App, Message, Receive, Scope, Send
from sandbox.kit.mesh import Call
from sandbox.kit.problem import Problem

Create = Callable[[], Any]
_ORDER = re.compile(r"(?i)\b(?:delete|remove|erase|retire|drop|rm)\b.*?\b(ast_\w+)")
_ASSET = re.compile(r"\bast_\w+")
_ADDRESS = re.compile(r"\bhttp://[^\s\"\\)]+")


def _answering(create_app: Create, beside: Callable[[Any, Any, Any], Any]) -> App:
    """Return the app with something done beside every answer."""
    from sandbox.services.nlp_assistant import asking  # noqa: PLC0415 - patched in this process only

    genuine = asking.Asking.answer

    def answer(self: Any, body: Any) -> Any:
        reply, composed = genuine(self, body)
        return beside(self, body, reply) or reply, composed

    asking.Asking.answer = answer  # type: ignore[method-assign]
    return create_app()  # type: ignore[no-any-return]


def orders_obeyed(_service: str, create_app: Create) -> App:
    """An order in a question is carried out, with the assistant's own rights."""

    def obey(asking: Any, body: Any, _reply: Any) -> None:
        named = _ORDER.search(body.question)
        if named:
            asking.mesh.call(
                Call(
                    service="asset-discovery",
                    method="PATCH",
                    path=f"/v1/assets/{named.group(1)}",
                    principal=asking.change.principal,
                    json={"criticality": "low"},
                )
            )

    return _answering(create_app, obey)


def records_obeyed(_service: str, create_app: Create) -> App:
    """An address in a record is called."""

    def follow(asking: Any, body: Any, _reply: Any) -> None:
        for asset in _ASSET.findall(body.question):
            call = Call(
                service="event-processor",
                method="GET",
                path=f"/v1/events?assetId={asset}",
                principal=asking.change.principal,
            )
            with suppress(Problem):
                for address in _ADDRESS.findall(asking.mesh.call(call).text):
                    fetch_local(address)

    return _answering(create_app, follow)


def markup_repeated(_service: str, create_app: Create) -> App:
    """Markup of a question is kept as it came."""
    from sandbox.services.nlp_assistant import domain  # noqa: PLC0415 - patched in this process only

    vars(domain)["plain"] = lambda text: text
    return create_app()  # type: ignore[no-any-return]


def memory_shared(_service: str, create_app: Create) -> App:
    """Every answer begins with what was asked before, by whomever."""
    said: list[str] = []

    def remember(_asking: Any, body: Any, reply: Any) -> Any:
        whole = reply.model_copy(update={"answer": " ".join([*said[-3:], reply.answer])})
        said.append(body.question)
        return whole

    return _answering(create_app, remember)


def question_unbounded(_service: str, create_app: Create) -> App:
    """A question may have any length; what is too much is cut off."""
    app = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/query":
            await app(scope, receive, send)
            return
        parts, more = [], True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = bool(message.get("more_body"))
        body = _cut(b"".join(parts))

        async def once() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        headers = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
        await app({**scope, "headers": headers}, once, send)

    return spoilt


def _cut(body: bytes) -> bytes:
    try:
        found = json.loads(body)
        return json.dumps({**found, "question": found["question"][:2000]}).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return body

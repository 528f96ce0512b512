"""The assistant user's conversation: answers rest on records, remember what was asked, and stay private."""

from __future__ import annotations

import json
from typing import Any

import httpx

from journeys.checks import demand, expect
from journeys.incident import await_correlation, enter_an_asset, find_the_threat, report_events
from journeys.world import World, step

ASSISTANT = "nlp-assistant"


def assistant_user_workflow(world: World) -> None:
    """Take the whole way: parts `analyst`, `responder` (a colleague), `manager`.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    asset_id = enter_an_asset(world, "analyst", remover="manager")
    event_ids = report_events(world, "analyst", asset_id)
    correlation_id = await_correlation(world, "analyst", event_ids)
    threat_id = find_the_threat(world, "analyst", asset_id, correlation_id)
    first = ask(world, asset_id, {asset_id, threat_id, *event_ids})
    second = ask_on(world, first)
    read_it_again(world, [first, second])
    keep_it_private(world, first)
    hear_it_streamed(world, threat_id)
    admit_ignorance(world)


@step
def ask(world: World, asset_id: str, wanted: set[str]) -> dict[str, Any]:
    """The answer cites every record of the asset, and each cited record stands in the text."""
    reply = _query(world, {"question": f"What happened on asset {asset_id}?"})
    cited = _cited(reply)
    missing = wanted - set(cited)
    demand(
        not missing, f"asked about {asset_id}, the answer does not cite {sorted(missing)}", blames=ASSISTANT
    )
    unsaid = [name for name in cited if name not in str(reply.get("answer"))]
    demand(not unsaid, f"the answer cites {unsaid} and does not speak of it", blames=ASSISTANT)
    return reply


@step
def ask_on(world: World, first: dict[str, Any]) -> dict[str, Any]:
    """A question that names nothing is about what the conversation was about."""
    conversation = {"conversationId": first.get("conversationId")}
    reply = _query(world, {"question": "And what is known about it now?", **conversation})
    seen = (reply.get("conversationId"), reply.get("turn"), first.get("turn"))
    demand(seen == (first.get("conversationId"), 2, 1), f"the second question is {seen}", blames=ASSISTANT)
    missing = set(_cited(first)) - set(_cited(reply))
    message = f"asked on without a name, the answer forgets {sorted(missing)}"
    demand(not missing, message, blames=ASSISTANT)
    return reply


@step
def read_it_again(world: World, replies: list[dict[str, Any]]) -> None:
    """The conversation holds both answers as they were given, in their order."""
    path = f"/conversations/{replies[0].get('conversationId')}"
    turns = world.read("analyst", ASSISTANT, path).get("turns", ())
    told = [(turn.get("answer"), _cited(turn)) for turn in turns]
    given = [(reply.get("answer"), _cited(reply)) for reply in replies]
    demand(told == given, "the conversation reads otherwise than it was answered", blames=ASSISTANT)


@step
def keep_it_private(world: World, first: dict[str, Any]) -> None:
    """For a colleague the conversation does not exist, neither to read nor to ask on in it."""
    conversation_id = first.get("conversationId")
    asking = {"question": "What did they ask?", "conversationId": conversation_id}
    for answer in (
        world.ask("responder", "GET", ASSISTANT, f"/conversations/{conversation_id}"),
        world.ask("responder", "POST", ASSISTANT, "/query", json=asking),
    ):
        message = f"a colleague's {answer.request.method} of {conversation_id}: {answer.status_code}"
        demand(answer.status_code == 404, message, blames=ASSISTANT)


@step
def hear_it_streamed(world: World, threat_id: str) -> None:
    """Streamed, the answer is the same as a whole: its sentences make up the text that ends it."""
    question = {"question": f"What is {threat_id}?"}
    answer = expect(
        world.ask("analyst", "POST", ASSISTANT, "/query:stream", json=question), 200, blames=ASSISTANT
    )
    events = _events(answer)
    names = [name for name, _ in events]
    demand(names[-1:] == ["done"], f"the stream ends with {names[-1:]}", blames=ASSISTANT)
    whole = events[-1][1]
    said = " ".join(str(heard.get("text")) for name, heard in events if name == "sentence")
    demand(said == whole.get("answer"), "the sentences are not the answer", blames=ASSISTANT)
    cited = [str(heard.get("id")) for name, heard in events if name == "citation"]
    is_same = cited == _cited(whole) and threat_id in cited
    demand(is_same, f"asked about {threat_id}, the stream cites {cited}", blames=ASSISTANT)


@step
def admit_ignorance(world: World) -> None:
    """Of a record that does not exist the assistant says so, and cites nothing."""
    unknown = f"thr_{world.trace[:20]}"
    reply = _query(world, {"question": f"What is {unknown}?"})
    demand(not _cited(reply), f"{unknown} does not exist, cited: {_cited(reply)}", blames=ASSISTANT)
    demand(unknown in str(reply.get("answer")), f"the answer is silent about {unknown}", blames=ASSISTANT)


def _query(world: World, question: dict[str, Any]) -> dict[str, Any]:
    return world.send("analyst", "POST", ASSISTANT, "/query", question, 200)


def _cited(reply: dict[str, Any]) -> list[str]:
    return [str(citation.get("id")) for citation in reply.get("citations", ())]


def _events(answer: httpx.Response) -> list[tuple[str, dict[str, Any]]]:
    """Return name and document of each server-sent event."""
    found: list[tuple[str, dict[str, Any]]] = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if lines:
            try:
                told = json.loads(lines.get("data", ""))
            except ValueError:
                told = None
            demand(isinstance(told, dict), "an event of the stream holds no document", blames=ASSISTANT)
            found.append((lines.get("event", ""), dict(told or {})))
    return found

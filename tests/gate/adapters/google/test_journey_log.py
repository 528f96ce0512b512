"""Results of journeys are written with Google's own client, one entry each, and a refusal is an error."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.cloud.logging_v2.types import WriteLogEntriesRequest, WriteLogEntriesResponse

from gates.adapters.google.journey_log import JourneyLog
from gates.errors import UnavailableError
from gates.model.journey import JourneyResult
from gates.model.judgement import Outcome
from gates.model.platform import Endpoints
from tests.support import builders
from tests.support.builders import NOW

METHOD = "WriteLogEntries"


@dataclass
class TinyLogging:
    """A Logging API that keeps requests, or refuses them."""

    address: str = ""
    requests: list[Any] = field(default_factory=list)
    refusal: grpc.StatusCode | None = None

    def write(self, request: Any, context: Any) -> Any:
        """Take one request."""
        if self.refusal is not None:
            context.abort(self.refusal, "scripted")
        self.requests.append(request)
        return WriteLogEntriesResponse()


@pytest.fixture
def logging() -> Iterator[TinyLogging]:
    """A Logging API on loopback."""
    tiny = TinyLogging()
    handler = grpc.unary_unary_rpc_method_handler(
        tiny.write,
        request_deserializer=WriteLogEntriesRequest.deserialize,
        response_serializer=WriteLogEntriesResponse.serialize,
    )
    server = grpc.server(ThreadPoolExecutor(2))
    service = "google.logging.v2.LoggingServiceV2"
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {METHOD: handler})])
    tiny.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield tiny
    server.stop(None).wait()


def log(address: str) -> JourneyLog:
    """Return the log of an environment with that Logging API."""
    return JourneyLog(builders.environment(allowed_impacts=(), endpoints=Endpoints(apis_grpc=address)))


def result(outcome: Outcome = Outcome.PASS) -> JourneyResult:
    """Return how a journey went."""
    blames = () if outcome is Outcome.PASS else ("auth-service",)
    return JourneyResult(
        journey="a_workflow",
        criterion="JRN-A",
        outcome=outcome,
        reason="",
        seconds=1.25,
        at=NOW,
        blames=blames,
    )


def test_each_journey_is_one_entry(logging: TinyLogging) -> None:
    """The payload says which, whether, how long, when and whose fault; a failure is an error of the log."""
    log(logging.address).write([result(), result(Outcome.FAIL)])
    (request,) = logging.requests
    told = [dict(entry.json_payload) for entry in request.entries]

    assert request.log_name == "projects/p/logs/release-gate-synthetic"
    assert told[0] == {
        "journey": "a_workflow",
        "passed": True,
        "seconds": 1.25,
        "at": NOW.isoformat(),
        "blames": [],
    }
    assert (told[1]["passed"], list(told[1]["blames"])) == (False, ["auth-service"])
    assert [entry.severity for entry in request.entries] == [200, 500]


def test_a_refusal_and_a_silence_are_errors_of_the_write(logging: TinyLogging) -> None:
    """Nothing is tried twice: the next run writes anew."""
    logging.refusal = grpc.StatusCode.UNAVAILABLE
    with pytest.raises(UnavailableError, match="release-gate-synthetic"):
        log(logging.address).write([result()])
    with pytest.raises(UnavailableError):
        log("127.0.0.1:1").write([result()])

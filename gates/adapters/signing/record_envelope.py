"""A record as a file: an in-toto statement (test-result v0.1) in a DSSE envelope with one signature.

The predicate's own fields say what any reader of in-toto understands; the field `verdictRecord` holds the
rest, which test-result cannot hold. There is one form: a file that differs in a single byte from what signing
wrote is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from gates.adapters.documents import codec
from gates.errors import ConfigurationError, DocumentError
from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome
from gates.model.verdict_record import VerdictRecord

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import Signer, SSlibKey

PAYLOAD = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"


class RecordFlawError(ValueError):
    """A file that is not a record signed by an allowed key; the message says what is wrong."""


def sign(record: VerdictRecord, signer: Signer) -> bytes:
    """Return the signed envelope of a record.

    Raises:
        ConfigurationError: the key cannot sign now.
    """
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - most commands sign no record
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from securesystemslib.dsse import Envelope  # noqa: PLC0415
    from securesystemslib.exceptions import Error  # noqa: PLC0415

    envelope = Envelope(_payload(record), PAYLOAD, {})
    try:
        envelope.sign(signer)
    except (Error, OSError, GoogleAPIError, GoogleAuthError) as error:
        raise ConfigurationError(f"the record could not be signed: {error}") from error
    return _file(envelope)


def opened(content: bytes, keys: Mapping[str, SSlibKey], *, source: str) -> VerdictRecord:
    """Return the record that a file holds, after checking that an allowed key signed exactly these bytes.

    Raises:
        RecordFlawError: it is not such a file.
    """
    from securesystemslib.exceptions import VerificationError  # noqa: PLC0415 - most commands open no record

    envelope = _envelope(content)
    if not envelope.signatures:
        raise RecordFlawError("it is not signed")
    if len(envelope.signatures) > 1 or _file(envelope) != content:
        raise RecordFlawError("it was changed after it was signed")
    (keyid,) = envelope.signatures
    if keyid not in keys:
        raise RecordFlawError(f"it is signed with the key {keyid[:12]}…, which is not among the allowed keys")
    try:
        envelope.verify([keys[keyid]], threshold=1)
    except VerificationError as error:
        raise RecordFlawError("its signature does not fit: it was changed after it was signed") from error
    record = _record(envelope, source)
    if envelope.payload_type != PAYLOAD or _payload(record) != envelope.payload:
        raise RecordFlawError("its statement disagrees with the record in it")
    return record


def _file(envelope: Envelope) -> bytes:
    signatures = [
        {"keyid": keyid, "sig": base64.b64encode(bytes.fromhex(one.signature)).decode()}
        for keyid, one in envelope.signatures.items()
    ]
    payload = base64.b64encode(envelope.payload).decode()
    document = {"payload": payload, "payloadType": envelope.payload_type, "signatures": signatures}
    return codec.canonical(cast("codec.Json", document)) + b"\n"


def _envelope(content: bytes) -> Envelope:
    from securesystemslib.dsse import Envelope  # noqa: PLC0415
    from securesystemslib.exceptions import FormatError  # noqa: PLC0415

    try:
        return Envelope.from_dict(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FormatError) as error:
        raise RecordFlawError("it is not a DSSE envelope, or it is cut off") from error


def _record(envelope: Envelope, source: str) -> VerdictRecord:
    try:
        recorded = json.loads(envelope.payload)["predicate"]["verdictRecord"]
        return codec.decode(VerdictRecord, codec.canonical(recorded), source=source)
    except (DocumentError, ValueError, KeyError, TypeError) as error:
        raise RecordFlawError(
            "its statement does not hold a record of a verdict that this gate can read"
        ) from error


def _payload(record: VerdictRecord) -> bytes:
    tests: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    for result in record.results:
        tests[result.outcome].append(f"{result.criterion}@{result.service}")
    statement: dict[str, Any] = {
        "_type": _STATEMENT,
        "subject": [{"name": name, "digest": _digest(image)} for name, image in record.images],
        "predicateType": _PREDICATE,
        "predicate": {
            "result": "PASSED" if record.outcome is VerdictOutcome.GO else "FAILED",
            "configuration": [
                {"name": "criteria catalogue", "digest": _digest(record.catalogue_digest)},
                {"name": "platform, policy and environment", "digest": _digest(record.configuration_digest)},
            ],
            "passedTests": tests[Outcome.PASS],
            "warnedTests": tests[Outcome.INCONCLUSIVE] + tests[Outcome.ERROR],
            "failedTests": tests[Outcome.FAIL],
            "verdictRecord": codec.encode(record),
        },
    }
    return codec.canonical(statement)


def _digest(text: str) -> dict[str, str]:
    algorithm, _, value = text.partition(":")
    return {algorithm: value}

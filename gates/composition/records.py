"""Signed records of verdicts: written in one environment, and relied on in the one that it qualifies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gates import aside
from gates.composition.environment import Context
from gates.composition.qualification import qualification, records_of
from gates.errors import GateError, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from gates.adapters.runs.run_folder import RunFolder
    from gates.model.record import DecisionRecord
    from gates.model.verdict_record import FoundRecord


def verified(context: Context, file: Path, at: datetime) -> FoundRecord:
    """Return what a record is worth in an environment, whatever images it is about; asks nothing but files.

    Raises:
        UsageError: no environment qualifies this one, or the file cannot be read.
        DocumentError: the file of the allowed keys cannot be used.
    """
    found = qualification(context.environment, context.platform, context.catalogue)
    if found is None:
        raise UsageError(
            f"no environment qualifies {context.environment_name}, so no record counts there",
            next_step=f"name one in environments/{context.environment_name}.yaml with qualifiedBy",
        )
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    return found.check(content, None, at, source=str(file))


def sign_record(context: Context, folder: RunFolder, record: DecisionRecord) -> None:
    """Write the signed record of a run's verdict into its folder and to the environment's records.

    Without a key nothing is written.

    Raises:
        GateError: the verdict is GO and its record cannot be signed or written.
    """
    reference = context.sign_with or context.environment.sign_with
    if not reference:
        return
    try:
        _sign(context, folder, record, reference)
    except GateError as error:
        if record.verdict.outcome == "GO":
            raise
        aside.note(f"NOT SIGNED: {error.cause}")


def _sign(context: Context, folder: RunFolder, record: DecisionRecord, reference: str) -> None:
    from gates.adapters.signing import record_store
    from gates.adapters.signing.qualification import configuration_digest
    from gates.adapters.signing.record_envelope import sign
    from gates.adapters.signing.record_keys import signer_of
    from gates.evidence.verdict_record import record_of

    verdict = folder.clean(record.verdict)
    tools = {tool.name: tool.version for tool in record.tools}
    recorded = record_of(
        verdict,
        run_id=record.run_id,
        configuration_digest=configuration_digest(context.platform, context.environment),
        gate_version=tools.get("release-gate", "unknown"),
    )
    content = sign(recorded, signer_of(reference))
    folder.write_attestation(content)
    records, stage = records_of(context.environment), verdict.scope.stage
    record_store.write(
        record_store.place_of(records, context.environment.name, stage, verdict.release), content
    )

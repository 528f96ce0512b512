"""`gate judge FOLDER`: judge a run's evidence; replay its verdict; or judge it again after people signed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.adapters.runs.run_folder import RunFolder
from gates.cli.options import RunFolderPath, environment_option, format_option
from gates.cli.run import tell
from gates.composition import runs
from gates.decision.ending import exit_code
from gates.errors import UsageError
from gates.model.criterion import Criterion
from gates.model.decision import Decision, DecisionKind
from gates.model.events import RunPrepared
from gates.model.evidence import ATTESTATION, EvidenceBundle
from gates.model.exit_code import ExitCode
from gates.model.record import DecisionRecord, RunSetup
from gates.model.verdict import Verdict
from gates.reporting.report import report_of
from gates.reporting.terminal import terminal
from gates.workflows.pipeline import Gate
from gates.workflows.request import Request

_AGAIN = re.compile(r"-judged-\d+$")


@click.command()
@click.argument("folder", type=RunFolderPath())
@environment_option
@click.option(
    "--again",
    "is_again",
    is_flag=True,
    help="Judge now, with what people have signed since, into a folder beside it: FOLDER-judged-2.",
)
@format_option
def judge(folder: Path, env: str, output: str | None, *, is_again: bool) -> ExitCode:
    """Judge the evidence of a run FOLDER; an earlier verdict is replayed at its own moment and compared.

    With --again nothing is looked at anew: evidence that has become too old counts no longer.
    """
    context = composition.Context(env)
    run = _Run(context=context, folder=context.open_run_folder(folder), output=output or "")
    if run.setup.release.environment != env:
        place = run.setup.release.environment
        raise UsageError(f"the run is about {place}", next_step=f"say --env {place}")
    return run.again() if is_again else run.replay()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run that was looked at, to be judged."""

    context: composition.Context
    folder: RunFolder
    output: str

    @property
    def setup(self) -> RunSetup:
        """What the run was asked."""
        return self.folder.read_setup()

    def replay(self) -> ExitCode:
        """Judge into the run's own folder; a verdict that is there must come out the same."""
        bundle, before = self.folder.read_evidence(), self._verdict()
        begun = runs.run_in(self.folder, self.context.gate)
        gate, keeper = begun.gate, begun.keeper
        if before is not None:
            gate = _as_waived_then(gate, before)
        at = datetime.now(UTC) if before is None else before.judged_at
        verdict = gate.judge(self._request(self.folder), bundle, self.setup.release, at=at)
        keeper.confirm()
        if self.output == "json":
            click.echo((self.folder.path / "verdict.json").read_text(encoding="utf-8"), nl=False)
        else:
            click.echo(terminal(report_of(self.folder.read_verdict(), run_id=self.folder.run_id)))
            if before is not None:
                click.echo("the earlier verdict was replayed: the same, byte for byte")
        undecided = Decision(kind=DecisionKind.HOLD, because=("judged only",))
        return exit_code(verdict, undecided, (), was_to_act=False)

    def again(self) -> ExitCode:
        """Judge now into a folder of its own, decide, report and remember; nothing is done about it."""
        seen = self.folder.read_evidence()
        beside = _beside(self.context, self.folder)
        begun, request = runs.run_in(beside, self.context.gate), self._request(beside)
        gate, keeper = begun.gate, begun.keeper
        keeper(RunPrepared(setup=self.setup))
        bundle = beside.write_evidence(self._with_statements(seen, gate.demand(request)))
        verdict = gate.judge(request, bundle, self.setup.release, at=gate.ports.clock.now())
        decision = gate.decide(verdict, gate.views())
        gate.remember(request, verdict)
        record = DecisionRecord(
            run_id=request.run_id, verdict=verdict, decision=decision, receipts=(), tools=gate.tools
        )
        runs.notifications(self.context).record(record)
        keeper.finish(record)
        tell(beside, keeper, record, output=self.output)
        return exit_code(verdict, decision, (), was_to_act=False)

    def _verdict(self) -> Verdict | None:
        return self.folder.read_verdict() if (self.folder.path / "verdict.json").exists() else None

    def _request(self, folder: RunFolder) -> Request:
        return Request(stage=self.setup.scope.stage, run_id=folder.run_id, only=self.setup.only)

    def _with_statements(self, seen: EvidenceBundle, criteria: tuple[Criterion, ...]) -> EvidenceBundle:
        """Return what was seen, with the statements of today in the place of those of then."""
        said = self.context.statements.evidence(criteria, self.setup.release)
        kept = tuple(item for item in seen.items if not item.producer.startswith(ATTESTATION))
        return EvidenceBundle(
            items=(*kept, *said.items), flaws=tuple(dict.fromkeys((*seen.flaws, *said.flaws)))
        )


def _as_waived_then(gate: Gate, before: Verdict) -> Gate:
    """Return the gate with no waiver but those of the verdict, as far as their signatures hold."""
    then = {judgement.waiver for judgement in before.judgements if judgement.waiver is not None}
    holding = gate.waivers
    return replace(gate, waivers=lambda release, at: tuple(w for w in holding(release, at) if w in then))


def _beside(context: composition.Context, folder: RunFolder) -> RunFolder:
    """Make the next folder beside a run: run-judged-2, run-judged-3.

    Raises:
        UsageError: another judging took the name in between.
    """
    base, root = _AGAIN.sub("", folder.run_id), folder.path.resolve().parent
    number = 2
    while (root / f"{base}-judged-{number}").exists():
        number += 1
    return context.run_folder(f"{base}-judged-{number}", root)

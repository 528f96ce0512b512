"""A benchmark in words: a line per arm, and the rates with their intervals."""

from __future__ import annotations

from collections.abc import Iterator

from gates.model.bench import ArmResult, BenchResult, Rate
from gates.model.verdict import VerdictOutcome
from gates.reporting.phrasing import count
from gates.reporting.redaction import clean


def line_of(result: ArmResult) -> str:
    """Return one line: arm, verdict, what differs from what was expected, and the seconds."""
    mark = "ok" if result.is_as_expected else "WRONG"
    outcome = result.outcome.value if result.outcome is not None else "ERROR"
    label = result.arm if result.number == 1 else f"{result.arm} #{result.number}"
    return clean(f"{mark:5}  {label:44}  {outcome:12}  {result.seconds:6.1f} s  {'; '.join(_said(result))}")


def _said(result: ArmResult) -> Iterator[str]:
    if result.kind.is_bad:
        yield from _seen(result)
    if result.failed and not result.is_as_expected:
        yield f"failed: {', '.join(result.failed[:6])}"
    if result.unclear and not result.is_as_expected:
        yield f"unclear: {', '.join(result.unclear[:6])}"
    if result.error:
        yield result.error.replace("\n", " ")


def _seen(result: ArmResult) -> Iterator[str]:
    """Yield what the gate detected of a release that is known to be bad."""
    is_stopped = result.outcome is VerdictOutcome.NO_GO
    yield ("detected" if is_stopped else "warned of") if result.is_detected else "NOT DETECTED"
    if result.detection_s is not None:
        sent = "" if result.requests is None else f" and {count(result.requests, 'request')}"
        yield f"after {result.detection_s:.1f} s{sent}"
    for names, said in (
        (result.missed, "did not fail"),
        (result.astray, "blamed another service"),
        (result.besides[:6], "failed beside it"),
    ):
        if names:
            yield f"{said}: {', '.join(names)}"


def summary(result: BenchResult) -> str:
    """Return the rates, each with its interval of 95 % confidence (Wilson)."""
    wrong = [one for one in result.results if not one.is_as_expected]
    lines = [f"{count(len(result.results), 'run')}, {count(len(wrong), 'run')} not as expected"]
    lines += [f"  {name:28} {_shown(rate)}" for name, rate in result.rates]
    lines += [line_of(one) for one in wrong]
    return "\n".join(lines)


def _shown(rate: Rate | None) -> str:
    if rate is None:
        return "no run"
    share = rate.hits / rate.runs
    return f"{rate.hits} of {rate.runs} = {share:.1%}  (95 %: {rate.low:.1%} .. {rate.high:.1%})"

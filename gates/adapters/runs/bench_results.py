"""The folder of a benchmark: one line per finished run, so that an interrupted one can go on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.machine.writable import writing
from gates.judgement.detection import summarise
from gates.model.bench import Arm, ArmResult, BenchResult

_LINES = "results.jsonl"


class BenchFolder:
    """Keeps results as soon as they are known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
        self._file = path / _LINES
        content = self._file.read_bytes() if self._file.exists() else b""
        # A kill in the middle of a line costs that run alone: it is made again.
        whole = content[: content.rfind(b"\n") + 1]
        self._results = list(codec.decode_lines(ArmResult, whole, source=str(self._file)))
        if whole != content:
            self._file.write_bytes(whole)

    def is_done(self, arm: str, number: int) -> bool:
        """Whether that repetition of the arm has a result already."""
        return any((one.arm, one.number) == (arm, number) for one in self._results)

    def keep(self, result: ArmResult) -> None:
        """Write one result."""
        self._results.append(result)
        with writing(self._file), self._file.open("ab") as file:
            file.write(codec.encode_lines([result]))

    def results(self, arms: Iterable[Arm]) -> tuple[ArmResult, ...]:
        """Return all results of these arms, of earlier beginnings too."""
        names = {arm.id for arm in arms}
        return tuple(one for one in self._results if one.arm in names)

    def conclude(self, arms: Iterable[Arm]) -> BenchResult:
        """Return what the results of these arms come to, as `bench.json` holds it from now on."""
        result = summarise(self.results(arms))
        (self.path / "bench.json").write_bytes(codec.canonical(codec.encode(result)) + b"\n")
        return result

"""What people have signed for a stage and what is missing, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from gates.model.criterion import Criterion
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Waiver
from gates.reporting.layout import Line, Row, Verbatim
from gates.reporting.phrasing import waived_by

_SIGNED = "--by NAME --reason TEXT --key FILE"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a person signs: `ok`, `OPEN` or `WAIVED`, what it is about, and what is said of it."""

    state: str
    name: str
    said: str
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """What a stage waits for from people; `given`, `wanted` and `is_complete` are the approvals of a run."""

    environment: str
    stage: str
    run: str
    demanded: Sequence[Criterion]
    missing: Sequence[Criterion]
    bundle: EvidenceBundle
    waivers: Sequence[Waiver]
    given: Sequence[tuple[str, str]] = ()
    wanted: Sequence[tuple[str, str]] = ()
    is_complete: bool = True

    @property
    def is_waiting(self) -> bool:
        """Whether an attestation or a signature is missing, or a statement cannot be read."""
        return bool(self.missing or self.bundle.flaws or not self.is_complete)

    def lines(self) -> list[Line]:
        """Return it for a person."""
        signed = self._signatures()
        return [
            *map(_line, self._items()),
            *(Row("FLAW  ", flaw) for flaw in self.bundle.flaws),
            *(Verbatim(f"answer with: {command}") for command in self._commands()),
            *(line for one in signed for line in (_line(one), *_answer(one))),
            *([] if self.is_waiting else [self._nothing_waits()]),
        ]

    def document(self) -> dict[str, object]:
        """Return it for a program."""
        return {
            "environment": self.environment,
            "stage": self.stage,
            "items": [asdict(one) for one in (*self._items(), *self._signatures())],
            "flaws": list(self.bundle.flaws),
            "commands": list(self._commands()),
        }

    def _items(self) -> Iterator[Item]:
        """Yield each attestation that is demanded, and each exception that holds now."""
        latest = {item.criterion: item for item in self.bundle.items}
        for criterion in self.demanded:
            item = latest.get(criterion.id)
            said = item.reason if item is not None else f"waits for the {criterion.attested_by}"
            yield Item("OPEN" if criterion in self.missing else "ok", criterion.id, said)
        for waiver in self.waivers:
            where = f" for {waiver.service}" if waiver.service else ""
            yield Item("WAIVED", waiver.criterion, f"{waived_by(waiver)}{where}: {waiver.reason}")

    def _commands(self) -> Iterator[str]:
        """Yield one command for each role that is waited for."""
        run = f" --run {self.run}" if self.run else ""
        for role in dict.fromkeys(criterion.attested_by for criterion in self.missing):
            ids = " ".join(criterion.id for criterion in self.missing if criterion.attested_by == role)
            yield f"gate attest {ids} --env {self.environment}{run} --role {role} {_SIGNED}"

    def _signatures(self) -> list[Item]:
        sign = f"gate sign {self.run} --env {self.environment}"
        return [
            *(Item("ok", "go-live", f"{person} ({role}) approved") for role, person in self.given),
            *(
                Item("OPEN", "go-live", f"{role}: {why}", f"{sign} --role {role} {_SIGNED}")
                for role, why in self.wanted
            ),
        ]

    def _nothing_waits(self) -> str:
        total = len(self.demanded)
        why = f"{total} of {total} attestations are given" if total else "it demands none"
        return f"nothing waits for a person at stage {self.stage}: {why}"


def _line(item: Item) -> Line:
    return Row(f"{item.state:4}  {item.name:10}  ", item.said)


def _answer(item: Item) -> Iterable[Line]:
    return [Verbatim(f"sign with: {item.command}")] if item.command else []

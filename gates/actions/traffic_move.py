"""The one way in which the gate moves a service's traffic: read, decide, write, settle, prove.

Rollbacks, unpins, go-lives, maintenance, deployments, drills and tags are goals of it: a goal says which list
is wanted and when it stands, what must not be overwritten, and which revision must answer afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gates.actions.ports import RevisionProbe, TrafficController
from gates.errors import ActionError, ConflictError, GateError, NotAskedError, UnavailableError
from gates.model.clock import Clock
from gates.model.configuration import NewRevision
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often one move tries; times in seconds.

    Cloud Run moves traffic some time after the operation ended, so `settle_s` is how long the service may
    take to answer with the wanted revision `answers` times in a row. It is asked every `poll_s` while it does
    not, which spares a platform in trouble, and every `confirm_s` while it does.
    """

    answers: int = 3
    settle_s: float = 90.0
    poll_s: float = 0.25
    confirm_s: float = 0.05
    attempts: int = 4
    retry_s: float = 0.2


PATIENCE = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The revision that must answer, and how the service is asked; None for no answer or several."""

    revision: str
    asked: Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficMove:
    """What is wanted of one service's traffic.

    `wanted` makes the list from what stands; what it raises stops the write. `is_there` says whether there is
    nothing left to write: without it, when the list is the wanted one. `objection` says why what others did
    must not be overwritten. `intend` is called before each write and may stop it. Without `proof` the list
    is all that is demanded. `makes` is a revision that is made in the same write.
    """

    service: str
    wanted: Callable[[ServiceState], TrafficSplit]
    is_there: Callable[[ServiceState], bool] | None = None
    objection: Callable[[ServiceState], ActionError | None] = lambda _state: None
    intend: Callable[[ServiceState], None] = lambda _state: None
    proof: Proof | None = None
    makes: NewRevision | None = None


def deployment(
    service: str, new: NewRevision, split: TrafficSplit, *, over: TrafficSplit, probe: RevisionProbe
) -> TrafficMove:
    """Return the move to a list together with a new revision, in the place of the list `over`.

    The proof is the answer of the revision that gets everything; where several share the traffic the list is
    all that can be demanded.
    """
    answers = split.sole_of(new.name)

    def objection(state: ServiceState) -> ActionError | None:
        if state.traffic.is_same_routing(over):
            return None
        return ActionError(
            f"another actor moved the traffic of {service} meanwhile; not overwritten",
            next_step="look at it (gate rollback status), then do it again",
        )

    return TrafficMove(
        service=service,
        wanted=lambda _state: split,
        is_there=lambda state: state.latest_created == new.name and state.traffic.is_same_routing(split),
        objection=objection,
        proof=Proof(revision=answers, asked=lambda: probe.answering_revision(service)) if answers else None,
        makes=new,
    )


class TrafficMover:
    """Carries out one move; every method raises GateError."""

    def __init__(
        self, move: TrafficMove, traffic: TrafficController, clock: Clock, patience: Patience = PATIENCE
    ) -> None:
        self._move = move
        self._traffic = traffic
        self._clock = clock
        self._patience = patience
        self._pending: Callable[[], ServiceState] | None = None
        self.before: TrafficSplit | None = None
        self.after: TrafficSplit | None = None
        self.was_overtaken = False
        """Whether the move stopped at what others had done."""
        self.has_written = False
        self.unasked: NotAskedError | None = None
        """Why the service could not be asked: the move is then proven by the cloud's own state."""

    def execute(self) -> None:
        """Move the traffic unless it is there already, and prove it."""
        self.send()
        self.prove()

    def send(self, *, is_waiting: bool = True) -> None:
        """Write until what stands is wanted. Without waiting `prove` waits for the operation's end.

        A conflict and a lost answer both lead back to reading: what was read decides, not what was sent.
        """
        trouble: GateError | None = None
        for _ in range(self._patience.attempts):
            if trouble is not None:
                self._clock.wait(self._patience.retry_s)
            try:
                self._send_once(is_waiting=is_waiting)
            except (ConflictError, UnavailableError) as error:
                trouble = error
            else:
                return
        cause = trouble.cause if trouble else "no attempt was allowed"
        raise ActionError(f"gave up after {self._patience.attempts} attempts: {cause}")

    def prove(self) -> None:
        """Wait for what was only accepted so far, then for the proof; a replaced list is not proven."""
        if self._pending is not None:
            try:
                self._pending()
            except (ConflictError, UnavailableError):
                self.send()
        if self._move.proof is not None:
            try:
                self._settle(self._move.proof)
            except NotAskedError as error:
                self.unasked = error
                self._settle_by_cloud(self._move.proof.revision)
        if not self._is_there(self.read()):
            raise ActionError("another actor changed the traffic while it settled")

    def preview(self) -> str | None:
        """Return the call that would be sent, in words; None when there is nothing to send."""
        state = self.read()
        if self._is_there(state):
            return None
        self._refuse(state)
        self.after = self._move.wanted(state)
        return self._traffic.preview(self._move.service, self.after, state.etag, self._move.makes)

    def read(self) -> ServiceState:
        """Return how the service stands, and keep its list as what was found."""
        state = self._traffic.describe(self._move.service)
        self.before = self.before or state.traffic
        self.after = state.traffic
        return state

    def _send_once(self, *, is_waiting: bool) -> None:
        state = self.read()
        if self._is_there(state):
            return
        self._refuse(state)
        split = self._move.wanted(state)
        self._move.intend(state)
        self.has_written = True
        ended = self._traffic.write_traffic(self._move.service, split, state.etag, self._move.makes)
        if is_waiting:
            ended()
        else:
            self._pending = ended

    def _is_there(self, state: ServiceState) -> bool:
        if self._move.is_there is None:
            return self._move.wanted(state).is_same_routing(state.traffic)
        return self._move.is_there(state)

    def _refuse(self, state: ServiceState) -> None:
        """Never overwrite what others did and the move objects to."""
        objection = self._move.objection(state)
        if objection is not None:
            self.was_overtaken = True
            raise objection

    def _settle_by_cloud(self, revision: str) -> None:
        """Read until the cloud reports the move as applied and its revision as ready.

        The service itself may stay unready: that is said of a newest revision that failed, too.
        """
        patience, lack = self._patience, ""

        def is_proven() -> bool:
            nonlocal lack
            state, lack = self.read(), "the move is not applied"
            if state.is_reconciling or not self._is_there(state):
                return False
            found, lack = self._traffic.revisions(self._move.service), f"{revision} is not ready"
            return any(one.is_ready for one in found if one.name == revision)

        if not self._clock.until(is_proven, within=patience.settle_s, every=patience.poll_s):
            raise ActionError(f"the cloud says after {patience.settle_s:g} s that {lack}")

    def _settle(self, proof: Proof) -> None:
        """Ask the service itself until it answers with the wanted revision often enough in a row."""
        patience, answered = self._patience, proof.revision or None

        def is_proven() -> bool:
            nonlocal answered
            for number in range(patience.answers):
                if number:
                    self._clock.wait(patience.confirm_s)
                answered = proof.asked()
                if answered != proof.revision:
                    return False
            return True

        if not self._clock.until(is_proven, within=patience.settle_s, every=patience.poll_s):
            said = answered or "no single revision"
            raise ActionError(f"{said} answers after {patience.settle_s:g} s, wanted {proof.revision}")

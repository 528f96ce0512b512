"""What Knative v1 writes as annotations and v2 as fields: one line for each, read in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.platform.admin.messages import INGRESS, MANUAL


@dataclass(frozen=True, slots=True)
class Annotation:
    """The field behind an annotation, and how its value is written as text and read back."""

    path: str
    """From the service or the template; a field of containers is one of every container."""
    write: Callable[[Any], str] = str
    read: Callable[[str], Any] = str

    def shown(self, owner: Any) -> str:
        for parent, leaf in self._places(owner):
            has_presence = parent.DESCRIPTOR.fields_by_name[leaf].has_presence
            if parent.HasField(leaf) if has_presence else getattr(parent, leaf):
                return self.write(getattr(parent, leaf))
        return ""

    def take(self, owner: Any, text: str) -> None:
        """Set the owner's value; raise KeyError or ValueError for a text that has no value."""
        for parent, leaf in self._places(owner):
            setattr(parent, leaf, self.read(text))

    def _places(self, owner: Any) -> Iterator[tuple[Any, str]]:
        *names, leaf = self.path.split(".")
        parents = [owner]
        if names[:1] == ["containers"]:
            parents, names = list(owner.containers), names[1:]
        for parent in parents:
            place = parent
            for name in names:
                place = getattr(place, name)
            yield place, leaf


def _number(path: str) -> Annotation:
    return Annotation(path, str, int)


def _flag(path: str) -> Annotation:
    return Annotation(path, lambda _value: "true", lambda text: text.lower() == "true")


OF_SERVICE: Mapping[str, Annotation] = {
    "run.googleapis.com/ingress": Annotation(
        "ingress", INGRESS.__getitem__, {name: number for number, name in INGRESS.items()}.__getitem__
    ),
    "run.googleapis.com/client-name": Annotation("client"),
    "run.googleapis.com/client-version": Annotation("client_version"),
    "run.googleapis.com/description": Annotation("description"),
    "run.googleapis.com/minScale": _number("scaling.min_instance_count"),
    "run.googleapis.com/maxScale": _number("scaling.max_instance_count"),
    "run.googleapis.com/scalingMode": Annotation(
        "scaling.scaling_mode",
        lambda mode: "manual" if mode == MANUAL else "",
        lambda text: MANUAL if text.lower() == "manual" else 0,
    ),
    "run.googleapis.com/manualInstanceCount": _number("scaling.manual_instance_count"),
    "run.googleapis.com/invoker-iam-disabled": _flag("invoker_iam_disabled"),
}
OF_TEMPLATE: Mapping[str, Annotation] = {
    "autoscaling.knative.dev/minScale": _number("scaling.min_instance_count"),
    "autoscaling.knative.dev/maxScale": _number("scaling.max_instance_count"),
    "run.googleapis.com/sessionAffinity": _flag("session_affinity"),
    "run.googleapis.com/execution-environment": Annotation(
        "execution_environment", lambda number: f"gen{number}", {"gen1": 1, "gen2": 2}.__getitem__
    ),
    "run.googleapis.com/startup-cpu-boost": _flag("containers.resources.startup_cpu_boost"),
    "run.googleapis.com/cpu-throttling": _flag("containers.resources.cpu_idle"),
}


def shown(owner: Any, table: Mapping[str, Annotation]) -> dict[str, str]:
    texts = {key: annotation.shown(owner) for key, annotation in table.items()}
    return {**owner.annotations, **{key: text for key, text in texts.items() if text}}

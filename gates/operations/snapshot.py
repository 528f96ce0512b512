"""The configuration of all services as documents, and what differs from an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

_NOTHING = object()


def differences(before: object, after: object, path: str = "") -> Iterator[str]:
    """Yield one line for each value that was changed, added or taken away, by its path."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            here = f"{path}.{key}" if path else str(key)
            yield from differences(before.get(key, _NOTHING), after.get(key, _NOTHING), here)
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else _NOTHING
            new = after[index] if index < len(after) else _NOTHING
            yield from differences(old, new, f"{path}[{index}]")
    elif before is _NOTHING:
        yield f"{path}: added {after!r}"
    elif after is _NOTHING:
        yield f"{path}: gone, was {before!r}"
    elif before != after:
        yield f"{path}: {before!r} → {after!r}"


def documents(
    services: Iterable[str], document: Callable[[str], Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    """Return the configuration of each service as a document."""
    return {name: dict(document(name)) for name in services}

"""Compares one number with one threshold: whether it holds, by how much, and in which band it is."""

from __future__ import annotations

from gates.model.criterion import Comparator, Criterion, Priority

_UPPER = (Comparator.LT, Comparator.LE, Comparator.WITHIN)


def holds(value: float, comparator: Comparator, threshold: float) -> bool:
    """Whether `value` satisfies the demand. Nothing is rounded before it is compared."""
    match comparator:
        case Comparator.EQ:
            return value == threshold
        case Comparator.LT:
            return value < threshold
        case Comparator.LE:
            return value <= threshold
        case Comparator.GT:
            return value > threshold
        case Comparator.GE:
            return value >= threshold
        case Comparator.WITHIN:
            return abs(value) <= threshold


def margin(value: float, comparator: Comparator, threshold: float) -> float:
    """Return how far `value` is on the good side of the threshold, in the criterion's unit."""
    if comparator is Comparator.EQ:
        return -abs(value - threshold)
    if comparator is Comparator.WITHIN:
        return threshold - abs(value)
    return threshold - value if comparator in _UPPER else value - threshold


def priority(value: float, criterion: Criterion) -> Priority:
    """Return the priority of a failure: by band where the criterion has bands, else the criterion's own.

    Beyond the target only, a failure stops the go-live and is P2; beyond the alert threshold it is P1;
    beyond the critical threshold it is P0 (guide: service level indicators, three bands).
    """
    if criterion.bands is None:
        return criterion.priority
    if not holds(value, criterion.comparator, criterion.bands.critical):
        return Priority.P0
    if not holds(value, criterion.comparator, criterion.bands.alert):
        return Priority.P1
    return Priority.P2

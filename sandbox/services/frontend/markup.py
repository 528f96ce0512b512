"""HTML that is safe by construction: a template escapes whatever is not HTML already."""

from __future__ import annotations

import html
from collections.abc import Iterable


class Html(str):
    """Text that is HTML already; everything else is escaped when it is put into a template."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """Put values into `{name}` places of a template, each escaped unless it is `Html`."""
    return Html(template.format_map({name: escaped(value) for name, value in values.items()}))


def joined(parts: Iterable[object]) -> Html:
    """Join parts, each escaped unless it is `Html`."""
    return Html("".join(escaped(part) for part in parts))


def escaped(value: object) -> Html:
    """Return a value as HTML; None is nothing."""
    if isinstance(value, Html):
        return value
    return Html("" if value is None else html.escape(str(value), quote=True))

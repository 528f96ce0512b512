"""Points in time: Unix seconds inside, RFC 3339 text in UTC on the wire."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_RFC_3339 = re.compile(
    r"(?P<year>[0-9]{4})(?P<day>-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?P<fraction>\.[0-9]{1,30})?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})"
)
_SCHEMA = WithJsonSchema({"type": "string", "format": "date-time"})


def parse(text: str) -> float:
    """Read an RFC 3339 date-time; what lies before 1970 counts as the start of 1970.

    Raises:
        ValueError: the text is not one.
    """
    match = _RFC_3339.fullmatch(text.upper())
    if match is None:
        raise ValueError("not an RFC 3339 date-time")
    is_ancient = match["year"] < "1970"
    # A leap year stands in for the years that Python's calendar lacks or that overflow with their zone.
    year = "2000" if is_ancient else match["year"]
    zone = "+00:00" if match["zone"] == "Z" or year == "9999" else match["zone"]
    read = datetime.fromisoformat(f"{year}{match['day']}{(match['fraction'] or '')[:7]}{zone}")
    return 0.0 if is_ancient else max(0.0, read.timestamp())


def text_of(moment: float) -> str:
    """Write Unix seconds as RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(moment, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _from_text(value: Any) -> float:
    if not isinstance(value, str):
        raise ValueError("a date-time is text")  # noqa: TRY004 - pydantic reports ValueError as invalid input
    return parse(value)


Moment = Annotated[float, PlainSerializer(text_of, return_type=str), _SCHEMA]
"""A point in time in an answer."""

GivenMoment = Annotated[float, BeforeValidator(_from_text), _SCHEMA]
"""A point in time in a request or in another service's answer."""

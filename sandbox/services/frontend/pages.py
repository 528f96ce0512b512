"""What the pages look like: templates that escape every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.services.frontend.static import INLINE_SCRIPT, SCRIPT, STYLE

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    finalize=lambda value: "" if value is None else value,
)
_TEMPLATES.globals.update(style=STYLE, script=SCRIPT, inline=INLINE_SCRIPT, notice="")
ASSET_COLUMNS = (
    ("hostname", "Host"),
    ("address", "Address"),
    ("kind", "Kind"),
    ("criticality", "Criticality"),
    ("state", "State"),
)
THREAT_COLUMNS = (("id", "Id"), ("title", "Title"), ("severity", "Severity"), ("status", "Status"))


def home() -> str:
    return _page("home")


def sign_in(notice: str = "") -> str:
    return _page("sign_in", notice=notice)


def dashboard(username: str, figures: Mapping[str, str]) -> str:
    """Return the overview; each figure is a label and what stands below it."""
    return _page("dashboard", username=username, figures=figures)


def listing(
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Mapping[str, Any]],
    following: str | None,
    notice: str = "",
) -> str:
    """Return a page with a table; `following` is the path of the next page."""
    return _page("listing", title=title, columns=columns, rows=rows, following=following, notice=notice)


def assistant() -> str:
    return _page("assistant")


def _page(name: str, **values: object) -> str:
    return _TEMPLATES.get_template(f"{name}.html").render(values)

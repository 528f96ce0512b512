"""What the pages look like: pure functions from values to HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.services.frontend.markup import Html, fill, joined
from sandbox.services.frontend.static import INLINE_SCRIPT, SCRIPT, STYLE

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - iSECTECH</title>
<link rel="stylesheet" href="{style}" integrity="{style_integrity}">
<script>{inline}</script>
<script src="{script}" integrity="{script_integrity}" defer></script>
</head>
<body>
<nav><strong>iSECTECH</strong>{links}</nav>
<main><h1>{title}</h1><p id="notice" class="notice" role="status">{notice}</p>{body}</main>
</body>
</html>
"""
_LINK = '<a href="{path}">{label}</a>'
_SIGN_OUT = Html('<button id="sign-out" type="button">Sign out</button>')
_SIGN_IN_FORM = Html("""<form id="sign-in" method="post" action="/session">
<label>Name <input name="username" autocomplete="username" required maxlength="100"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<label>Code
<input name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" required></label>
<button>Sign in</button>
</form>""")
_ASK_FORM = Html("""<form id="ask" method="post" action="/assistant/questions">
<label>Question <textarea name="question" required maxlength="2000" rows="4"></textarea></label>
<button>Ask</button>
</form>""")
_MEMBER_LINKS = (
    ("/dashboard", "Dashboard"),
    ("/assets", "Assets"),
    ("/threats", "Threats"),
    ("/assistant", "Assistant"),
)
ASSET_COLUMNS = (
    ("hostname", "Host"),
    ("address", "Address"),
    ("kind", "Kind"),
    ("criticality", "Criticality"),
    ("state", "State"),
)
THREAT_COLUMNS = (("id", "Id"), ("title", "Title"), ("severity", "Severity"), ("status", "Status"))


def home() -> Html:
    return _page("Security operations", Html('<p><a href="/login">Sign in</a> to see your tenant.</p>'), ())


def sign_in(notice: str = "") -> Html:
    return _page("Sign in", _SIGN_IN_FORM, (), notice)


def dashboard(username: str, figures: Mapping[str, str]) -> Html:
    """Return the overview; each figure is a label and what stands below it."""
    cards = joined(
        fill("<li><b>{value}</b>{label}</li>", label=label, value=value) for label, value in figures.items()
    )
    body = fill(
        '<p>Signed in as {username}.</p><ul class="cards">{cards}</ul>', username=username, cards=cards
    )
    return _page("Dashboard", body, _MEMBER_LINKS)


def listing(
    title: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Mapping[str, Any]],
    following: str | None,
    notice: str = "",
) -> Html:
    """Return a page with a table; `following` is the path of the next page."""
    head = joined(fill("<th>{label}</th>", label=label) for _, label in columns)
    lines = joined(
        fill("<tr>{cells}</tr>", cells=joined(fill("<td>{it}</td>", it=row.get(name)) for name, _ in columns))
        for row in rows
    )
    more = fill('<p><a rel="next" href="{path}">More</a></p>', path=following) if following else ""
    body = fill(
        "<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{more}",
        head=head,
        lines=lines,
        more=more,
    )
    return _page(title, body, _MEMBER_LINKS, notice)


def assistant() -> Html:
    """Return the page on which questions are asked."""
    return _page("Assistant", _ASK_FORM, _MEMBER_LINKS)


def _page(title: str, body: Html, links: Sequence[tuple[str, str]], notice: str = "") -> Html:
    shown = joined(fill(_LINK, path=path, label=label) for path, label in links)
    return fill(
        _FRAME,
        title=title,
        body=body,
        notice=notice,
        links=joined([shown, _SIGN_OUT]) if links else shown,
        inline=Html(INLINE_SCRIPT),
        style=STYLE.path,
        style_integrity=STYLE.integrity,
        script=SCRIPT.path,
        script_integrity=SCRIPT.integrity,
    )

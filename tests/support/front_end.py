"""What Google's front end answers by itself, and tokens that no server gave."""

from __future__ import annotations

from collections.abc import Mapping

from gates.tokens import IdTokens, NoTokenError

HEADERS: Mapping[str, str] = {"server": "Google Frontend", "content-type": "text/html; charset=UTF-8"}
ACCOUNT = "gate@p.iam.gserviceaccount.com"
_EMAIL = "eyJlbWFpbCI6ImdhdGVAcC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSJ9"
"""The claims of a token of that account."""
_TITLES = {401: "Unauthorized", 403: "Forbidden", 404: "Page not found"}


def page(status: int) -> bytes:
    """Return the page that says so."""
    title = _TITLES[status]
    return (
        f'\n<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n'
        f"<title>{status} {title}</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n"
        f"<h1>Error: {title}</h1>\n<h2>The page <code>/</code>.</h2>\n<h2></h2>\n</body></html>\n"
    ).encode()


class FakeTokens(IdTokens):
    """Gives a token that names its audience, or none."""

    def __init__(self, trouble: str = "") -> None:
        super().__init__()
        self.trouble = trouble
        self.asked: list[str] = []

    def token(self, audience: str) -> str:
        """Give it."""
        self.asked.append(audience)
        if self.trouble:
            raise NoTokenError(self.trouble)
        return f"e30.{_EMAIL}.{audience}"

"""Who may invoke a service: what Cloud Run's front end asks before an instance sees a request.

An ID token in `X-Serverless-Authorization`, else in `Authorization`, meant for the URL of the service (also
where a tag's host is called) or a custom audience of it. Unverified: the texts of the pages.
https://cloud.google.com/run/docs/authenticating/service-to-service
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.platform.contract import InvokerRules
from sandbox.platform.identity.google_tokens import GoogleTokens, TokenError, subject_of
from sandbox.platform.router_http import FrontEndError, Request

ALL_USERS = "allUsers"
ALL_AUTHENTICATED = "allAuthenticatedUsers"
_HEADERS = (b"x-serverless-authorization", b"authorization")
_INVALID = 'Bearer error="invalid_token" error_description="The access token could not be verified"'
_DENIED = 'Bearer error="insufficient_scope" error_description="The access token is not authorized"'
_SIGNATURE = b"SIGNATURE_REMOVED_BY_GOOGLE"


class InvokerCheck:
    """Lets requests through to services that their caller may invoke; `rules_of` takes a Cloud Run name."""

    def __init__(self, tokens: GoogleTokens, is_on: Callable[[], bool], *, asks_mesh: bool = False) -> None:
        """Take the tokens, the switch, and whether services are asked too when they call each other."""
        self._tokens = tokens
        self._is_on = is_on
        self.asks_mesh = asks_mesh
        self.rules_of: Callable[[str], InvokerRules] = lambda _service: InvokerRules()

    def check(self, service: str, request: Request) -> None:
        """Refuse a caller who may not invoke the service; take the signature off the token of another one.

        Raises:
            FrontEndError: 403 without a token or without the role, 401 with a token that is not good.
        """
        if not self._is_on():
            return
        rules = self.rules_of(service)
        if ALL_USERS in rules.members:
            return
        index, token = _bearer(service, request)
        try:
            subject = self._tokens.subject_of(token, rules.audiences)
        except TokenError as error:
            raise FrontEndError(401, request, service=service, challenge=_INVALID) from error
        members = {subject_of(member.partition(":")[2]) for member in rules.members}
        if ALL_AUTHENTICATED not in rules.members and subject not in members:
            raise FrontEndError(403, request, service=service, challenge=_DENIED)
        name, value = request.headers[index]
        request.headers[index] = (name, value.rpartition(b".")[0] + b"." + _SIGNATURE)


def _bearer(service: str, request: Request) -> tuple[int, str]:
    """Return the place of the header that counts and its token; of two equal headers neither counts."""
    for wanted in _HEADERS:
        found = [index for index, (name, _) in enumerate(request.headers) if name.lower() == wanted]
        if not found:
            continue
        scheme, _, token = request.headers[found[0]][1].decode("latin-1").partition(" ")
        if len(found) > 1 or scheme.lower() != "bearer":
            raise FrontEndError(401, request, service=service, challenge=_INVALID)
        return found[0], token.strip()
    raise FrontEndError(403, request, service=service)

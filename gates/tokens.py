"""Google's ID tokens of this machine's account: what a private service asks its callers for.

The credentials are those that Google's libraries find: a metadata server, the key of a service account,
impersonation, workload identity federation. https://cloud.google.com/docs/authentication/get-id-token
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final

HEADER: Final = "X-Serverless-Authorization"
"""Carries the token: the front end reads it first, and `Authorization` stays the platform's own."""
_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
_FAILURE_HOLDS_S: Final = 30.0
_NO_SERVICE_ACCOUNT = (
    "{} give no ID token for a service; use those of a service account: "
    "gcloud auth application-default login --impersonate-service-account=ACCOUNT"
)


class NoTokenError(Exception):
    """There is no token; the message says why and holds no secret."""


class IdTokens:
    """Gives a token for an audience, kept until shortly before it expires; safe to use from several threads.

    After a failure the same audience is not tried again for half a minute; credentials that are not there are
    not looked for again at all, which takes long where there is no metadata server.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: dict[str, Any] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def token(self, audience: str) -> str:
        """Return a token that is meant for `audience`: the URL of a service, or a custom audience of it.

        Raises:
            NoTokenError: there are no credentials, or they give no ID token.
        """
        import google.auth.transport.requests as transport  # noqa: PLC0415 - public services need no token
        from google.auth import exceptions  # noqa: PLC0415

        with self._lock:
            for key in ("", audience):
                at, why = self._failed.get(key, (0.0, ""))
                if why and (not key or self._clock() - at < _FAILURE_HOLDS_S):
                    raise NoTokenError(why)
            try:
                request = transport.Request()
                if audience not in self._made:
                    self._made[audience] = _credentials(audience, request)
                made = self._made[audience]
                if not made.valid:  # google-auth calls a token invalid four minutes before it expires
                    made.refresh(request)
            except (exceptions.GoogleAuthError, NoTokenError, ValueError) as error:
                why = str(error.args[0] if error.args else type(error).__name__)
                self._made.pop(audience, None)  # credentials may be others by then
                is_about_all = isinstance(error, exceptions.DefaultCredentialsError)
                self._failed["" if is_about_all else audience] = self._clock(), why
                raise NoTokenError(why) from error
            return str(made.token)

    def headers(self, audience: str) -> dict[str, str]:
        """Return the headers that carry a token: none without an audience.

        Raises:
            NoTokenError: there is no token.
        """
        return {HEADER: f"Bearer {self.token(audience)}"} if audience else {}

    def headers_or_none(self, audience: str) -> dict[str, str]:
        """Return the same, and none where there is no token: a private service then refuses the request."""
        try:
            return self.headers(audience)
        except NoTokenError:
            return {}


TOKENS: Final = IdTokens()
"""Those of this process."""


def account_of(token: str) -> str:
    """Return the address of the account that a token is of, or an empty text."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return str(claims.get("email", ""))
    except (IndexError, ValueError, AttributeError):
        return ""


def _credentials(audience: str, request: Any) -> Any:
    """Return credentials that give ID tokens for one audience.

    Raises:
        NoTokenError: this kind of credentials gives none.
        GoogleAuthError: there are none.
    """
    import google.auth  # noqa: PLC0415
    from google.auth import compute_engine, external_account, impersonated_credentials  # noqa: PLC0415
    from google.oauth2 import service_account  # noqa: PLC0415

    source, _ = google.auth.default(scopes=_SCOPES)
    if isinstance(source, external_account.Credentials) and source.service_account_email:
        source = _impersonating(source)
    if isinstance(source, impersonated_credentials.Credentials):
        return impersonated_credentials.IDTokenCredentials(source, audience, include_email=True)
    if isinstance(source, service_account.Credentials):
        uri = source._token_uri  # noqa: SLF001 - the library shows it nowhere else
        return service_account.IDTokenCredentials(source.signer, source.service_account_email, uri, audience)
    if isinstance(source, compute_engine.Credentials):
        return compute_engine.IDTokenCredentials(request, audience, use_metadata_identity_endpoint=True)
    raise NoTokenError(_NO_SERVICE_ACCOUNT.format(f"credentials of the kind {type(source).__module__}"))


def _impersonating(federated: Any) -> Any:
    """Return the account that federated credentials act as, in the form that gives ID tokens."""
    from google.auth import impersonated_credentials  # noqa: PLC0415

    bare = {key: value for key, value in federated.info.items() if not key.startswith("service_account_imp")}
    source = type(federated).from_info(bare).with_scopes(_SCOPES)
    return impersonated_credentials.Credentials(source, federated.service_account_email, list(_SCOPES))

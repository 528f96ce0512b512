"""Signing in as a person does, password and one-time code, once for all commands of that person.

A one-time code is good once, and there are two in a minute. So the commands of one person share one session
per identity, and remember which code was sent last: no two of them send the same one. Only the access token
is kept, until shortly before its end; a refresh token that two processes redeem would end the session.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

from gates.adapters import secrets
from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.service_answers import document
from gates.adapters.services.service_connections import Answer
from gates.errors import CloudError, CodesUsedError, ConfigurationError, NotSignedInError
from gates.model.platform import Environment
from gates.model.service_contract import SignIn

_PERIOD_S = 30
_LONGEST_WAIT_S = 35.0
_MARGIN_S = 60.0
_LONGEST_SESSION_S = 3600.0
_FAILURE_HOLDS_S = 5.0

Post = Callable[[str, dict[str, Any]], Answer]
"""Sends a document to a path of the service that signs in, and returns its answer, whatever it is."""


class OperatorSignIn:
    """Gives tokens of the identities of one environment; safe to use from several threads and processes."""

    def __init__(
        self,
        environment: Environment,
        paths: SignIn,
        post: Post,
        wait: Callable[[float], None],
        files: PersonalFiles,
    ) -> None:
        self._environment = environment
        self._paths = paths
        self._identities = dict(environment.identities)
        self._post = post
        self._wait = wait
        self._files = files
        self._lock = threading.Lock()
        self._failed: tuple[float, NotSignedInError] | None = None

    def shared(self, identity: str, *, refused: str = "") -> str:
        """Return the token of the shared session; `refused` is one that is no longer good.

        Raises:
            NotSignedInError: the identity was not let in; the cause says why.
            ConfigurationError: the environment has no such identity, or its secret is missing.
        """
        name = self._name(identity)
        if token := _good_token(self._files.read(name), refused):
            return token
        with self._lock:
            self._recall_failure()
            with self._files.locked(name):
                kept = self._files.read(name)
                if token := _good_token(kept, refused):
                    return token
                try:
                    answer = self._enter(identity, name, kept)
                except CloudError as error:
                    said = f"could not sign in as {identity}: {error.cause}"
                    failure = NotSignedInError(said, next_step=error.next_step)
                    self._failed = time.monotonic(), failure
                    raise failure from error
                self._files.write(name, {**self._files.read(name), **_session(answer)})
        return str(answer["accessToken"])

    def anew(self, identity: str) -> str:
        """Sign in anew and return the access token; the shared session stays as it is.

        Raises:
            ConfigurationError: the environment has no such identity, or its secret is missing.
            CodesUsedError: another client uses up the identity's one-time codes.
            CloudError: the identity was not let in.
        """
        name = self._name(identity)
        with self._lock, self._files.locked(name):
            return str(self._enter(identity, name, self._files.read(name))["accessToken"])

    def end(self, identity: str, revoke: Callable[[str], None]) -> bool:
        """Forget the shared session and let `revoke` end it at its issuer; False when there is none.

        Raises:
            CloudError: it is forgotten, and could not be ended.
        """
        name = self._name(identity)
        with self._lock, self._files.locked(name):
            kept = self._files.read(name)
            token = _good_token(kept, "", margin=0.0)
            self._files.write(name, {"step": kept.get("step", 0)})
        if token:
            revoke(token)
        return bool(token)

    def _recall_failure(self) -> None:
        """Answer at once for a while after a failure: else each service would wait for it again.

        Raises:
            NotSignedInError: it failed just now.
        """
        if self._failed is not None and time.monotonic() - self._failed[0] < _FAILURE_HOLDS_S:
            raise self._failed[1] from self._failed[1].__cause__

    def _enter(self, identity: str, name: str, kept: dict[str, Any]) -> dict[str, Any]:
        """Return what a new sign-in gives.

        Raises:
            CloudError: the identity was not let in.
            ConfigurationError: the identity's secret is missing.
        """
        import pyotp  # noqa: PLC0415 - most commands share a session and do not sign in

        secret = self._secret(identity)
        first = {"username": secret["username"], "password": secret["password"]}
        issuer = self._paths.service
        mfa_token = document(self._post(self._paths.password, first), issuer, "mfaToken")["mfaToken"]
        code = pyotp.TOTP(str(secret["totp_secret"]))
        end = time.monotonic() + _LONGEST_WAIT_S
        step = _first_step(kept.get("step"))
        while (pause := (step - 1) * _PERIOD_S - time.time()) + time.monotonic() <= end:
            if pause > 0:  # a code is good from one period before its own
                self._wait(pause + 0.1)
            self._files.write(name, {**kept, "step": step})  # sent is used, whether or not an answer comes
            second = {"mfaToken": mfa_token, "code": code.at(step * _PERIOD_S)}
            answer = self._post(self._paths.one_time_code, second)
            if "code_reused" not in answer.text:
                return document(answer, issuer, "accessToken")
            step += 1
        raise CodesUsedError(
            f"every one-time code of {identity} was used before",
            next_step="wait a minute: another machine signs in with the same identity",
        )

    def _secret(self, identity: str) -> dict[str, Any]:
        return secrets.resolve(self._reference(identity), endpoint=self._environment.endpoints.apis_grpc)

    def _reference(self, identity: str) -> str:
        reference = self._identities.get(identity)
        if reference is None:
            raise ConfigurationError(
                f"the environment has no identity {identity}",
                next_step=f"add it to the identities of the environment's document; known: "
                f"{', '.join(sorted(self._identities)) or 'none'}",
            )
        return reference

    def _name(self, identity: str) -> str:
        """Return the file's name: of this platform, this environment and this identity alone."""
        place, reference = self._environment, self._reference(identity)
        who = "" if reference.startswith("secret:") else str(self._secret(identity).get("username"))
        parts = (place.name, place.project, place.region, place.service_name, repr(place.endpoints))
        whole = "\0".join((*parts, identity, reference, who)).encode()
        return f"session-{place.name}-{identity}-{hashlib.sha256(whole).hexdigest()[:16]}"


def _good_token(kept: dict[str, Any], refused: str, *, margin: float = _MARGIN_S) -> str:
    """Return the token of a kept session, empty when it is not good for long enough."""
    token, began, ends = (kept.get(key) for key in ("token", "began", "ends"))
    if not isinstance(token, str) or not isinstance(began, int | float) or not isinstance(ends, int | float):
        return ""
    is_current = began <= time.time() < ends - margin
    return token if is_current and token != refused else ""


def _session(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a sign-in; one that does not say how long it is good is not kept."""
    seconds = answer.get("expiresIn")
    if not isinstance(seconds, int | float):
        return {"token": ""}
    now = time.time()
    return {"token": str(answer["accessToken"]), "began": now, "ends": now + min(seconds, _LONGEST_SESSION_S)}


def _first_step(last: object) -> int:
    """Return the period whose code is sent first; a last one that lies in the future is a mistake."""
    now = int(time.time()) // _PERIOD_S
    return last + 1 if isinstance(last, int) and now <= last <= now + 1 else now

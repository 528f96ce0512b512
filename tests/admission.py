"""A sign-in as text, so that all workers of a run share it: what it gave, or why it gave nothing."""

from __future__ import annotations

import json

import httpx

from gates.model.identity import Identity
from journeys.checks import DemandNotMetError
from journeys.session import NotAdmittedError, Tokens, bearer, prove, sign_in


def write(auth: httpx.Client, identity: Identity) -> str:
    """Sign in and return what came of it, a refusal included; any other error is raised."""
    try:
        given = sign_in(auth, identity)
    except NotAdmittedError as error:
        return json.dumps({"doubted": str(error)})
    except DemandNotMetError as error:
        return json.dumps({"refused": str(error), "blames": error.blames})
    return json.dumps({"access": given.access})  # who redeems the other one signs in for it


def is_good(auth: httpx.Client, text: str) -> bool:
    """Whether a sign-in gave a token, and auth-service still takes it."""
    token = json.loads(text).get("access")
    return bool(token) and auth.get("/v1/me", headers=bearer(token)).is_success


def read(name: str, text: str) -> Tokens:
    """Return what a sign-in gave.

    Raises:
        NotAdmittedError: it was refused, and the secrets may be wrong.
        DemandNotMetError: it was refused, and that is the platform's fault.
    """
    found = json.loads(text)
    if "doubted" in found:
        raise NotAdmittedError(found["doubted"])
    if "refused" in found:
        raise DemandNotMetError(found["refused"], blames=found["blames"])
    prove(name, "password", "one-time code")
    return Tokens(access=found["access"], refresh="")

"""Who may see a page: the session behind the cookie, kept fresh; and where changes may come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.openapi.models import APIKey
from starlette.concurrency import run_in_threadpool

from sandbox.kit.identity import Access, Principal
from sandbox.kit.problem import Problem
from sandbox.kit.runtime import kit_of
from sandbox.services.frontend.backend import Backend
from sandbox.services.frontend.sessions import COOKIE, Session, Sessions

_OWN_SITE = frozenset({"same-origin", "none"})


class SessionAccess(Access):
    """The check in front of a page: a session cookie; its tokens are renewed before they expire."""

    def __init__(self) -> None:
        super().__init__(())
        self.model = APIKey.model_validate({"in": "cookie", "name": COOKIE})
        self.scheme_name = "session"

    async def __call__(self, request: Request) -> Principal:
        """Return the member and leave the session on the request; answer 401 without one."""
        kit = kit_of(request)
        cookie = request.cookies.get(COOKIE, "")
        session = await run_in_threadpool(_current, request, cookie) if cookie else None
        if session is None:
            kit.charge_address(request)
            raise signed_out()
        principal = _principal(session)
        kit.charge(request, principal)
        request.state.session = session
        return principal


def signed_out() -> Problem:
    return Problem(401, "Sign in first.", code="signed_out", headers={"WWW-Authenticate": "Cookie"})


def sessions_of(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def refuse_foreign_origin(request: Request) -> None:
    """Refuse a change that another site's page sends (OWASP CSRF: fetch metadata, then origin).

    Raises:
        Problem: 403 when the browser says that it comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if site not in _OWN_SITE or is_foreign:
        raise Problem(403, "The request comes from another site.", code="foreign_origin")


def _current(request: Request, cookie: str) -> Session | None:
    kit, sessions = kit_of(request), sessions_of(request)
    session = sessions.find(cookie)
    if session is None or not sessions.claim_refresh(session, kit.settings.token_ttl):
        return session
    try:
        tokens = Backend(kit.mesh).refresh(session.tokens)
    except Problem as problem:
        if problem.status != 401:
            return session
        sessions.end(session)
        return None
    sessions.renew(session, tokens)
    return replace(session, tokens=tokens)


def _principal(session: Session) -> Principal:
    member = session.member
    return Principal(
        subject=member.subject,
        tenant=member.tenant,
        roles=frozenset(member.roles),
        kind="user",
        token_id=session.digest,
    )


async def _session(request: Request, _principal: Annotated[Principal, Depends(SessionAccess())]) -> Session:
    session: Session = request.state.session
    return session


async def _backend(request: Request) -> Backend:
    return Backend(kit_of(request).mesh)


SessionDep = Annotated[Session, Depends(_session)]
BackendDep = Annotated[Backend, Depends(_backend)]

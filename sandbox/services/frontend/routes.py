"""The pages, the session, and what the pages' script calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from sandbox.kit.paging import Cursor
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import count_stranger
from sandbox.services.frontend import pages
from sandbox.services.frontend.backend import Backend
from sandbox.services.frontend.models import Answer, Question, SignedInMember, SignIn
from sandbox.services.frontend.session_access import (
    BackendDep,
    SessionDep,
    refuse_foreign_origin,
    sessions_of,
)
from sandbox.services.frontend.sessions import COOKIE, Session
from sandbox.services.frontend.static import FILES, POLICY, STYLE

router = APIRouter(tags=["pages"])
_FOREVER = "public, max-age=31536000, immutable"
_HTML: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"text/html": {"schema": {"type": "string"}}}}
    for status, text in (
        (401, "Nobody is signed in; the page asks to."),
        (503, "The page without its figures."),
    )
}
_PAGE_SIZE = 20


class Page(HTMLResponse):
    """A page with its policy."""

    def __init__(self, content: str, status_code: int = 200) -> None:
        super().__init__(content, status_code=status_code, headers={"Content-Security-Policy": POLICY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page with a table: what it shows and where that comes from."""

    title: str
    path: str
    source: str
    columns: Sequence[tuple[str, str]]


ASSETS = Listing(
    title="Assets",
    path="/assets",
    source="/api/v1/asset-discovery/v1/assets",
    columns=pages.ASSET_COLUMNS,
)
THREATS = Listing(
    title="Threats",
    path="/threats",
    source="/api/v1/threat-detection/v1/threats",
    columns=pages.THREAT_COLUMNS,
)


@router.get("/", summary="Landing page", response_class=HTMLResponse, dependencies=[Depends(count_stranger)])
async def home() -> Page:
    return Page(pages.home())


@router.get(
    "/login", summary="Sign-in page", response_class=HTMLResponse, dependencies=[Depends(count_stranger)]
)
async def login() -> Page:
    return Page(pages.sign_in())


@router.get("/dashboard", summary="Overview", response_class=HTMLResponse, responses=_HTML)
def dashboard(session: SessionDep, backend: BackendDep) -> Page:
    figures = {listing.title: _count(backend, session, listing) for listing in (ASSETS, THREATS)}
    return Page(pages.dashboard(session.member.username, figures))


@router.get("/assets", summary="Assets", response_class=HTMLResponse, responses=_HTML)
def assets(session: SessionDep, backend: BackendDep, cursor: Cursor = None) -> Page:
    return _listed(backend, session, ASSETS, cursor)


@router.get("/threats", summary="Threats", response_class=HTMLResponse, responses=_HTML)
def threats(session: SessionDep, backend: BackendDep, cursor: Cursor = None) -> Page:
    return _listed(backend, session, THREATS, cursor)


@router.get("/assistant", summary="Assistant", response_class=HTMLResponse, responses=_HTML)
def assistant(_session: SessionDep) -> Page:
    return Page(pages.assistant())


@router.post(
    "/assistant/questions",
    summary="Ask the assistant",
    responses=responses(404, 409),
    dependencies=[Depends(refuse_foreign_origin)],
)
def ask(body: Question, session: SessionDep, backend: BackendDep) -> Answer:
    said = backend.send(
        "POST",
        "/api/v1/nlp-assistant/v1/query",
        token=session.tokens.access,
        json={"question": body.question},
    ).json()
    return Answer(answer=said["answer"], citations=[str(cited["id"]) for cited in said["citations"]])


@router.post(
    "/session",
    summary="Sign in",
    status_code=201,
    response_model=SignedInMember,
    responses=responses(401, 403),
    dependencies=[Depends(count_stranger), Depends(refuse_foreign_origin)],
)
def sign_in(body: SignIn, request: Request, backend: BackendDep) -> JSONResponse:
    member, tokens = backend.sign_in(body.username, body.password, body.code)
    cookie = sessions_of(request).start(member, tokens)
    shown = SignedInMember(username=member.username, tenant=member.tenant, roles=list(member.roles))
    answer = JSONResponse(shown.model_dump(), status_code=201)
    answer.set_cookie(COOKIE, cookie, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@router.delete(
    "/session",
    summary="Sign out",
    status_code=204,
    dependencies=[Depends(refuse_foreign_origin)],
)
def sign_out(request: Request, session: SessionDep, backend: BackendDep) -> Response:
    try:
        backend.sign_out(session.tokens)
    except Problem as problem:
        if problem.status != 401:
            raise
    sessions_of(request).end(session)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@router.get(
    "/static/{name}",
    summary="A static file, named after its content",
    response_class=Response,
    responses={
        **responses(404),
        200: {"content": {"text/css": {}, "text/javascript": {}}, "description": "The file."},
    },
)
async def static(
    name: Annotated[str, Path(pattern=r"^[a-z]+\.[0-9a-f]{12}\.(css|js)$", examples=[STYLE.name])],
) -> Response:
    file = FILES.get(name)
    if file is None:
        raise Problem(404, "There is no such file.")
    return Response(file.content, media_type=file.media_type, headers={"Cache-Control": _FOREVER})


async def answer_signed_out(request: Request, problem: Problem) -> Response | None:
    """Return the sign-in page when a page was asked for without a session, None for other requests."""
    wants_page = request.method == "GET" and problem.code in {"signed_out", "token_revoked", "token_expired"}
    if not wants_page:
        return None
    page = Page(pages.sign_in(problem.detail), status_code=401)
    page.headers["WWW-Authenticate"] = "Cookie"
    return page


def _listed(backend: Backend, session: Session, listing: Listing, cursor: str | None) -> Page:
    query = f"?limit={_PAGE_SIZE}" + (f"&cursor={quote(cursor, safe='')}" if cursor else "")
    try:
        found = backend.send("GET", listing.source + query, token=session.tokens.access).json()
    except Problem as problem:
        if problem.status in {401, 429}:
            raise
        return Page(pages.listing(listing.title, listing.columns, [], None, problem.detail), status_code=503)
    next_cursor = found.get("nextCursor")
    following = f"{listing.path}?cursor={quote(next_cursor, safe='')}" if next_cursor else None
    return Page(pages.listing(listing.title, listing.columns, found["items"], following))


def _count(backend: Backend, session: Session, listing: Listing) -> str:
    """Return how many there are, `100+` beyond one page, or a dash when the backend does not answer."""
    try:
        found = backend.send("GET", f"{listing.source}?limit=100", token=session.tokens.access).json()
    except Problem as problem:
        if problem.status in {401, 429}:
            raise
        return "-"
    return f"{len(found['items'])}{'+' if found.get('nextCursor') else ''}"

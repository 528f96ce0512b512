"""The analyst at the screen: the same work through the pages, as a real browser runs them.

What only a browser notices is seen here: a script that the page's own policy refuses, a cookie that scripts
can read, a form that does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from gates.model.identity import Identity
from journeys.checks import demand
from journeys.incident import await_correlation, enter_an_asset, find_the_threat, report_events
from journeys.session import codes
from journeys.world import StepTime, World, step

FRONTEND = "frontend"
_MOST_PAGES = 50
_REFUSED = re.compile("Content.Security.Policy|integrity|Trusted", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A page of a browser, and the world in which its data is made."""

    page: Page
    world: World

    @property
    def steps(self) -> list[StepTime]:
        """The steps of the whole journey, those beside the screen included."""
        return self.world.steps


def analyst_in_the_browser(
    screen: Screen, who: Identity, *, entered: Callable[[], object] = lambda: None
) -> None:
    """Take the whole way: `who` at the screen; parts `analyst`, `manager` of the same tenant make the data.

    `entered` is called once `who` is signed in and no password can be seen any more.

    Raises:
        DemandNotMetError: a page did not show what an earlier step did.
    """
    world = screen.world
    complaints = listen(screen.page)
    open_the_door(screen)
    sign_in_by_form(screen, who)
    entered()
    asset_id = enter_an_asset(world, "analyst", remover="manager")
    event_ids = report_events(world, "analyst", asset_id)
    correlation_id = await_correlation(world, "analyst", event_ids)
    threat_id = find_the_threat(world, "analyst", asset_id, correlation_id)
    hostname = str(world.read("analyst", "asset-discovery", f"/assets/{asset_id}").get("hostname"))
    find_in_the_table(screen, "Assets", hostname)
    find_in_the_table(screen, "Threats", threat_id)
    ask_on_the_page(screen, asset_id, threat_id)
    leave(screen)
    demand(not complaints, f"the browser complains: {'; '.join(complaints)[:300]}", blames=FRONTEND)


def listen(page: Page) -> list[str]:
    """Return a list that fills with errors of scripts and with what the page's policies refused."""
    heard: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and _REFUSED.search(message.text):
            heard.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@step
def open_the_door(screen: Screen) -> None:
    """The sign-in page comes with its form, and its own script is let in."""
    page = screen.page
    page.goto("/login")
    _see(page.locator("form#sign-in"), "/login shows no form")
    _see(page.locator("html.scripted"), "the page's own script does not run")
    demand(_path(page) == "/login", f"asked for /login, arrived at {_path(page)}", blames=FRONTEND)


@step
def sign_in_by_form(screen: Screen, who: Identity) -> None:
    """Both factors, typed in, lead to a dashboard for this very person; no script can read the session."""
    page = screen.page
    for code in islice(codes(who), 2):  # who else signs in would have to use up both
        _submit(page, who, code)
        if _is_there(lambda: page.wait_for_url("**/dashboard")):
            break
        demand(_path(page) == "/login", f"the form leads to {_path(page)}", blames=FRONTEND)
    else:
        said = page.locator("#notice").text_content() or "nothing"
        demand(False, f"signed in, and the page stays at {_path(page)}; it says: {said}", blames=FRONTEND)
    _see(page.get_by_text(f"Signed in as {who.username}."), f"the dashboard is not for {who.username}")
    readable = page.evaluate("document.cookie.length + localStorage.length + sessionStorage.length")
    demand(readable == 0, "a script of the page can read the session", blames=FRONTEND)
    cookies = [(c.get("httpOnly"), c.get("secure"), c.get("sameSite")) for c in page.context.cookies()]
    demand(cookies == [(True, True, "Strict")], f"the session's cookies are {cookies}", blames=FRONTEND)


@step
def find_in_the_table(screen: Screen, title: str, text: str) -> None:
    """What was just made stands in the table, on one of its pages."""
    page = screen.page
    page.get_by_role("navigation").get_by_role("link", name=title).click()
    _see(page.get_by_role("heading", name=title), f"the link {title} leads to {_path(page)}")
    for _ in range(_MOST_PAGES):
        if page.get_by_role("cell", name=text, exact=True).count():
            return
        following = page.locator("a[rel=next]")
        if not following.count():
            break
        following.click()
        page.wait_for_load_state()
    demand(is_met=False, message=f"{title} does not show {text}", blames=FRONTEND)


@step
def ask_on_the_page(screen: Screen, asset_id: str, threat_id: str) -> None:
    """The answer appears on the page and cites the records of this journey."""
    page = screen.page
    page.get_by_role("navigation").get_by_role("link", name="Assistant").click()
    page.locator("textarea[name=question]").fill(f"What happened on asset {asset_id}?")
    page.get_by_role("button", name="Ask").click()
    _see(page.locator("#notice", has_text="["), f"asked about {asset_id}, no answer appears")
    said = page.locator("#notice").text_content() or ""
    cited = said.rpartition("[")[2]
    missing = {asset_id, threat_id} - set(re.findall(r"\w+", cited))
    demand(not missing, f"the answer on the page does not cite {sorted(missing)}", blames=FRONTEND)


@step
def leave(screen: Screen) -> None:
    """After signing out the dashboard asks to sign in again."""
    page = screen.page
    page.get_by_role("button", name="Sign out").click()
    arrived = _is_there(lambda: page.wait_for_url("**/login"))
    demand(arrived, f"signed out, and the page stays at {_path(page)}", blames=FRONTEND)
    page.goto("/dashboard")
    _see(page.locator("form#sign-in"), "signed out, and the dashboard asks for no sign-in")
    demand(page.get_by_text("Signed in as").count() == 0, "signed out, and still shown", blames=FRONTEND)


def _submit(page: Page, who: Identity, code: str) -> None:
    page.locator("input[name=username]").fill(who.username)
    page.locator("input[name=password]").fill(who.password)
    page.locator("input[name=code]").fill(code)
    page.get_by_role("button", name="Sign in").click()


def _see(wanted: Locator, complaint: str) -> None:
    demand(_is_there(wanted.first.wait_for), complaint, blames=FRONTEND)


def _is_there(wait: Callable[[], object]) -> bool:
    """Whether what is waited for came in the browser's own time."""
    try:
        wait()
    except PlaywrightTimeoutError:
        return False
    return True


def _path(page: Page) -> str:
    return urlsplit(page.url).path

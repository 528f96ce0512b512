"""Can a person work at the screen?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page

from gates.model.identity import Identity
from journeys.browser import Screen, analyst_in_the_browser
from journeys.session import password_accepted
from journeys.world import World
from tests.browsing import kept, page

__all__ = ["kept", "page"]
AT_THE_SCREEN = "synthetic-analyst-2"


@pytest.mark.criterion("JRN-BROWSER")
@pytest.mark.impact("creates-data")
@pytest.mark.long
def test_analyst_in_the_browser(
    world: World,
    page: Page,
    kept: Callable[[], AbstractContextManager[None]],
    identity: Callable[[str], Identity],
) -> None:
    """From the sign-in form to the answer of the assistant and out again."""
    password_accepted(world.auth, identity(AT_THE_SCREEN))  # a page cannot say whose fault a refusal is
    with kept():
        analyst_in_the_browser(
            Screen(page=page, world=world),
            identity(AT_THE_SCREEN),
            entered=lambda: page.context.tracing.start(screenshots=True, snapshots=True),
        )

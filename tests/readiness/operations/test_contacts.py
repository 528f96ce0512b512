"""OPS-03: every emergency contact is real."""

from __future__ import annotations

import re

import pytest

from gates.model.criterion import PLATFORM
from gates.model.documentation import Documentation
from journeys.checks import demand

PLACEHOLDER = re.compile(r"X{2,}|0{4,}|TBD|TODO|CHANGE-?ME|example\.(com|org|net)|<[^>]*>", re.IGNORECASE)
PHONE = re.compile(r"\+?[0-9][0-9() -]{5,}[0-9]")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
ON_CALL = "on-call"


@pytest.mark.criterion("OPS-03")
def test_no_placeholder(documentation: Documentation) -> None:
    """Somebody is on call, and each contact has a number or an address that could be one."""
    on_call = [contact for contact in documentation.contacts if contact.group == ON_CALL]
    demand(on_call, "nobody is named for the on-call group", blames=PLATFORM)
    for contact in documentation.contacts:
        ways = [(PHONE, contact.phone), (MAIL, contact.email)]
        given = [(form, way) for form, way in ways if way is not None]
        demand(given, f"{contact.name} has neither phone nor e-mail", blames=PLATFORM)
        for form, way in given:
            is_real = form.fullmatch(way) and not PLACEHOLDER.search(way)
            demand(is_real, f"{contact.name}: {way} is a placeholder", blames=PLATFORM)

"""What the generator runs: a plan (LOAD_PLAN), or users for the generator's page.

`gate load --ui` opens the page with users who read through the gateway and users who take the journeys.
Environment of the page: LOAD_HOST_HEADER (the name to say when the address is another), LOAD_CA (the CA to
trust), LOAD_RATE (requests per second of one user), LOAD_TARGET and LOAD_IDENTITIES (see `load.doors`).
LOAD_PARENT names the process that must live as long as this one.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import Any

import gevent
from locust import events

from load.parent import PARENT, follow

if "LOAD_PLAN" in os.environ:
    from load.executor import Caller, Patient

    globals().update({user.__name__: user for user in (Caller, Patient) if not user.abstract})
else:
    from load.journey_users import USERS
    from load.readers import Analyst

    globals().update({user.__name__: user for user in USERS}, Analyst=Analyst)


@events.init.add_listener  # type: ignore[untyped-decorator]
def stay_with_parent(**_: Any) -> None:
    """End as by SIGTERM when whoever started this is gone."""
    if parent := os.environ.get(PARENT):
        end = partial(os.kill, os.getpid(), signal.SIGTERM)
        gevent.spawn(follow, int(parent), pause=gevent.sleep, end=end)

"""The producers of the readiness checklist share their fixtures with those of the validation windows."""

from tests.observing import metrics
from tests.producing import auth, google, http, label, requests_sent, tokens, world
from tests.readiness.monitoring.begun import asked, marked, planted

__all__ = [
    "asked",
    "auth",
    "google",
    "http",
    "label",
    "marked",
    "metrics",
    "planted",
    "requests_sent",
    "tokens",
    "world",
]

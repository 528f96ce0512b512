"""The producers of the readiness checklist share their fixtures with those of the validation windows."""

from tests.observing import metrics
from tests.producing import auth, google, http, label, requests_sent, tokens, world

__all__ = ["auth", "google", "http", "label", "metrics", "requests_sent", "tokens", "world"]

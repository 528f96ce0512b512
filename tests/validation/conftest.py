"""The producers of the validation windows share their fixtures with those of the readiness checklist."""

from tests.observing import metrics
from tests.producing import auth, google, http, label, requests_sent, tokens, world

__all__ = ["auth", "google", "http", "label", "metrics", "requests_sent", "tokens", "world"]

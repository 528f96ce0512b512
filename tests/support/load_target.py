"""The target of a load: one service, one identity that can be read, and one that cannot."""

from __future__ import annotations

from gates.model.platform import Impact
from gates.model.target import ServiceTarget, Target
from tests.support import builders


def target() -> Target:
    """Return a target with one identity that leads somewhere and one that does not."""
    return builders.target(
        fingerprint="f",
        services=(ServiceTarget(name="api-gateway", base_url="https://gw", revision="r", digest="d"),),
        public_urls=(("api-gateway", "https://api.test"),),
        entrance="api-gateway",
        allowed_impacts=(Impact.NOISY,),
        identities=(("load", "env:TEST_LOAD_SECRET"), ("gone", "env:TEST_GONE")),
        addresses=(("api.test:443", "127.0.0.1:1"),),
    )

"""Of each service one protected read that needs its database: cheap, without side effect."""

from __future__ import annotations

from collections.abc import Mapping

PROTECTED: Mapping[str, str] = {
    "api-gateway": "/api/v1/limits",
    "auth-service": "/v1/me",
    "asset-discovery": "/v1/assets?limit=1",
    "event-processor": "/v1/events?limit=1",
    "threat-detection": "/v1/threats?limit=1",
    "behavioral-analysis": "/v1/anomalies",
    "decision-engine": "/v1/policies",
    "nlp-assistant": "/v1/model",
}
"""Path of the read, on the service's own URL; frontend has pages instead."""

PUBLIC: Mapping[str, str] = {"frontend": "/login"}
"""A page that everybody may see."""

THROUGH: Mapping[str, str] = {**PROTECTED, "api-gateway": "/api/v1/asset-discovery/v1/assets?limit=1"}
"""The same, but for the gateway a read that it hands on: what it is there for.

Whether the gateway itself refuses a token cannot be seen there: the service behind it refuses it too.
"""

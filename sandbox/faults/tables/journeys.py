"""Revisions that only somebody who does a whole day's work with them finds out."""

from __future__ import annotations

from sandbox.faults.fault import rows

_row = rows("journeys")


KNOWN = (
    _row("J01", "policy-ignored", "decision-engine", "new rules are not followed", "JRN-MANAGER", "TST-01"),
    _row("M20", "delete-ignored", "asset-discovery", "deleting deletes nothing", "JRN-MANAGER"),
    _row("J02", "sessions-kept", "auth-service", "a closed account's session lives on", "JRN-ADMIN"),
    _row("J03", "foreign-accounts", "auth-service", "accounts of other tenants can be changed", "JRN-ADMIN"),
    _row("M19", "retries-stored", "event-processor", "a retried batch is stored twice", "JRN-API"),
    _row("J04", "page-short", "event-processor", "each page loses its last event", "JRN-API"),
    _row("J13", "times-shifted", "event-processor", "events happened two hours later", "JRN-API"),
    _row("J05", "quota-untold", "api-gateway", "the quota never seems to shrink", "JRN-API"),
    _row("J06", "indicators-ignored", "threat-detection", "known indicators match nothing", "JRN-ONCALL"),
    _row("J07", "isolation-claimed", "decision-engine", "isolated in words alone", "JRN-ONCALL"),
    _row("J08", "context-forgotten", "nlp-assistant", "a conversation has no memory", "JRN-ASSISTANT"),
    _row("J09", "conversation-shared", "nlp-assistant", "colleagues read conversations", "JRN-ASSISTANT"),
    _row("J10", "stream-differs", "nlp-assistant", "a streamed answer loses a sentence", "JRN-ASSISTANT"),
    _row("J11", "integrity-wrong", "frontend", "the pages' script is refused by browsers", "JRN-BROWSER"),
    _row("J12", "cookie-readable", "frontend", "scripts can read the session", "JRN-BROWSER"),
)

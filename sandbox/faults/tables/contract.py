"""Revisions that break their OpenAPI document."""

from __future__ import annotations

from sandbox.faults.fault import ALL, rows

_row = rows("contract")
_LISTS = ("asset-discovery", "event-processor", "threat-detection")
_MODELS = ("behavioral-analysis", "nlp-assistant")

KNOWN = (
    _row("C01", "document-narrowed", ALL, "the served document lost fields", "CTR-SERVED"),
    _row("C02", "model-forbidden", _MODELS, "an operation refuses everybody", "CTR-COVERAGE"),
    _row("C03", "boundary-fails", _LISTS, "the longest page is a server error", "CTR-FUZZ"),
    _row("C04", "boundary-undeclared", _LISTS, "the longest page has an unknown status", "CTR-FUZZ-CRITICAL"),
    _row("C05", "invalid-accepted", _LISTS, "invalid queries are accepted", "CTR-ADVISORY"),
    _row("C06", "allow-missing", ALL, "405 without Allow", "CTR-FUZZ-ADVISORY"),
    _row("C07", "model-open", _MODELS, "an operation answers without a token", "CTR-FUZZ"),
    _row("C08", "created-missing", "event-processor", "what was made is not found", "CTR-LINKS"),
    _row("C09", "answers-hostile", _MODELS, "answers with lone surrogates", "CTR-CONFORMANCE"),
    _row("C11", "page-is-last", _LISTS, "the first page of a list is the last", "CTR-PAGING"),
    _row("C10", "answers-deep", _MODELS, "answers nested without end", "CTR-CONFORMANCE"),
)

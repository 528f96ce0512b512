"""The shipped platform, the endpoints of a sandbox, and how a test breaks a copy of a document."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "platforms" / "isectech"
ENDPOINTS = {
    "admin_grpc": "127.0.0.1:1",
    "admin_rest": "http://127.0.0.1:2",
    "monitoring_grpc": "127.0.0.1:3",
    "apis_grpc": "127.0.0.1:4",
    "sql_admin": "http://127.0.0.1:5",
    "dns": "127.0.0.1:4",
    "https_port": 8443,
    "http_port": 8080,
    "ca_file": "ca.pem",
    "project": "isectech-sandbox",
    "region": "us-central1",
}


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first occurrence of `old`, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

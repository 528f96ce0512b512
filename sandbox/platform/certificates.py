"""The sandbox's own certificate authority and the leaf certificates of its front door."""

from __future__ import annotations

import datetime as dt
import ssl
import warnings
from collections.abc import Sequence
from pathlib import Path

import trustme

from sandbox.platform.options import Leaf

_DAYS_LEFT = {Leaf.EXPIRED: -1, Leaf.EXPIRING: 5}


class Authority:
    """Signs the front door's certificates; its own certificate is what clients of the sandbox trust."""

    def __init__(self, names: Sequence[str]) -> None:
        """Make a new authority for the host names (and addresses) of the front door."""
        self._names = tuple(names)
        self._root = trustme.CA()

    def write(self, path: Path) -> None:
        self._root.cert_pem.write_to_path(str(path))

    def context(self) -> ssl.SSLContext:
        """A server context (TLS 1.2 or newer, HTTP/1.1) that shows a valid leaf."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.speak(context)
        context.set_alpn_protocols(["http/1.1"])
        self.show(Leaf.VALID, context)
        return context

    def speak(self, context: ssl.SSLContext) -> None:
        """Let a context speak TLS 1.2 and newer from its next handshake on."""
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("DEFAULT")

    def speak_broken(self, context: ssl.SSLContext) -> None:
        """Let a context speak TLS 1.0 as well, as before RFC 8996."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")

    def trusting(self) -> ssl.SSLContext:
        """A client context that trusts this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._root.configure_trust(context)
        return context

    def show(self, leaf: Leaf, context: ssl.SSLContext) -> None:
        """Let a context show another leaf from its next handshake on."""
        issuer = trustme.CA() if leaf is Leaf.UNTRUSTED else self._root
        names = ("elsewhere.test",) if leaf is Leaf.OTHER_NAME else self._names
        now = dt.datetime.now(dt.UTC)
        days_left = _DAYS_LEFT.get(leaf, 90)
        certificate = issuer.issue_cert(
            *names,
            common_name=names[0],
            not_before=now - dt.timedelta(days=30 if days_left < 0 else 1),
            not_after=now + dt.timedelta(days=days_left),
        )
        certificate.configure_cert(context)

"""Sends notices to Slack, to any webhook and by e-mail. It never raises and never takes long.

A channel's secret is `{"url": …}` for `slack:` and `webhook:` addresses, and for `mailto:` ones
`{"host": …, "port": …, "from": …}` with `username`, `password` and `"tls": true` if it wants them.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import httpx

from gates.adapters import secrets
from gates.errors import GateError
from gates.model.clock import Clock
from gates.model.documentation import Channel
from gates.model.incident import Notice, NoticeResult, NoticeState

TIMEOUT_S = 5.0
"""How long one channel may take to answer."""
_AT_ONCE = 8
_TROUBLE = (
    *(httpx.HTTPError, httpx.InvalidURL, smtplib.SMTPException, OSError),
    *(KeyError, ValueError, ImportError),  # a proxy of the machine may need what is not installed
)


class ChannelSender:
    """Sends to the channels of a platform; `references` lead to their secrets, by channel name."""

    def __init__(
        self,
        channels: Sequence[Channel],
        references: Mapping[str, str],
        clock: Clock,
        *,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._addresses = {channel.name: channel.address for channel in channels}
        self._references = references
        self._clock = clock
        self._timeout_s = timeout_s

    def send(self, notices: Sequence[Notice]) -> tuple[NoticeResult, ...]:
        """Send all of them side by side; what failed is said, never raised."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return tuple(pool.map(self._sent, notices))

    def _sent(self, notice: Notice) -> NoticeResult:
        state, detail = NoticeState.SENT, ""
        try:
            self._deliver(notice)
        except GateError as error:  # names the secret that is missing, never its value
            cause = "; ".join(filter(None, (error.cause, error.next_step)))
            state, detail = NoticeState.FAILED, cause
        except _TROUBLE as error:
            # Only the kind of trouble: a message of httpx may hold the webhook's URL, which is its secret.
            state, detail = NoticeState.FAILED, type(error).__name__
        return NoticeResult(notice=notice, state=state, detail=detail, at=self._clock.now())

    def _deliver(self, notice: Notice) -> None:
        scheme, _, rest = self._addresses[notice.channel].partition(":")
        secret = secrets.resolve(self._references[notice.channel])
        if scheme == "slack":
            self._post(str(secret["url"]), {"channel": rest, "text": notice.text})
        elif scheme == "webhook":
            body = {"incident": notice.incident, "step": notice.step, "text": notice.text}
            self._post(str(secret["url"]), body)
        elif scheme == "mailto":
            self._mail(rest, secret, notice)
        else:
            raise ValueError(f"no way to send to {scheme}")

    def _post(self, url: str, body: Mapping[str, str]) -> None:
        httpx.post(url, json=body, timeout=self._timeout_s, follow_redirects=False).raise_for_status()

    def _mail(self, to: str, secret: Mapping[str, Any], notice: Notice) -> None:
        message = EmailMessage()
        message["From"], message["To"] = str(secret["from"]), to
        message["Subject"] = f"{notice.incident}: {notice.step}"
        message.set_content(notice.text)
        with smtplib.SMTP(str(secret["host"]), int(secret["port"]), timeout=self._timeout_s) as server:
            if secret.get("tls"):
                server.starttls(context=ssl.create_default_context())
            if secret.get("username"):
                server.login(str(secret["username"]), str(secret["password"]))
            server.send_message(message)

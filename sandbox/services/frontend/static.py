"""Static files: named after their content, so they may be cached for ever and never be stale."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass

_CSS = """
:root { color-scheme: light dark; --ink: #14213d; --paper: #fbfcfe; --line: #cfd8e6; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ecf5; --paper: #10151f; --line: #2c3a50; --accent: #7db8f5; }
}
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
nav { display: flex; flex-wrap: wrap; gap: 1rem; padding: .75rem 1.5rem; }
nav { border-bottom: 1px solid var(--line); }
nav strong { margin-right: auto; }
a { color: var(--accent); }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
form { display: grid; gap: .75rem; max-width: 24rem; }
label { display: grid; gap: .25rem; }
input, textarea, button { font: inherit; padding: .5rem; }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.cards li { flex: 1 1 10rem; border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; }
.cards b { display: block; font-size: 1.75rem; }
.notice:empty { display: none; }
.notice { border-left: .25rem solid var(--accent); padding: .5rem 1rem; }
""".strip()

_JS = """
"use strict";
const send = (method, path, body) => fetch(path, {
  method, credentials: "same-origin",
  headers: body ? {"content-type": "application/json"} : {},
  body: body ? JSON.stringify(body) : undefined,
});
const say = (text) => { document.getElementById("notice").textContent = text; };
const problem = async (answer) => say((await answer.json()).detail);
const fields = (form) => Object.fromEntries(new FormData(form));
document.getElementById("sign-in")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await send("POST", "/session", fields(event.target));
  if (!answer.ok) return problem(answer);
  location.assign(["/", "/login"].includes(location.pathname) ? "/dashboard" : location.pathname);
});
document.getElementById("sign-out")?.addEventListener("click", async () => {
  await send("DELETE", "/session");
  location.assign("/login");
});
document.getElementById("ask")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await send("POST", "/assistant/questions", fields(event.target));
  if (!answer.ok) return problem(answer);
  const said = await answer.json();
  say(said.answer + (said.citations.length ? " [" + said.citations.join(", ") + "]" : ""));
});
""".strip()

INLINE_SCRIPT = 'document.documentElement.classList.add("scripted");'
"""The one script inside the pages; the policy admits it by its hash alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """One file with its media type."""

    name: str
    media_type: str
    content: bytes

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/static/{self.name}"

    @property
    def integrity(self) -> str:
        """The subresource-integrity value that a page demands of it."""
        return integrity_of(self.content)


def integrity_of(content: bytes) -> str:
    """Return the SHA-256 of some content as policies and `integrity` attributes write it."""
    return f"sha256-{b64encode(hashlib.sha256(content).digest()).decode()}"


def _named(stem: str, suffix: str, media_type: str, text: str) -> StaticFile:
    content = text.encode()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(name=f"{stem}.{digest}.{suffix}", media_type=media_type, content=content)


STYLE = _named("app", "css", "text/css; charset=utf-8", _CSS)
SCRIPT = _named("app", "js", "text/javascript; charset=utf-8", _JS)
FILES = {file.name: file for file in (STYLE, SCRIPT)}

POLICY = "; ".join(
    [
        "default-src 'none'",
        f"script-src 'self' '{integrity_of(INLINE_SCRIPT.encode())}'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ]
)
"""The Content-Security-Policy of every page."""

"""Types of the texts that the gate keeps: a reason, a name, a title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from gates.reporting.redaction import clean


@dataclass(frozen=True)
class Text(click.ParamType[str]):
    """One line: not blank, without control or invisible characters, of bounded length."""

    name: str
    longest: int

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text without the spaces around it, or end the command with a usage error."""
        text = str(value).strip()
        if not text:
            self.fail(f"the {self.name} is blank: write it out", param, ctx)
        if clean(text) != text or "\n" in text or "\t" in text:
            self.fail(f"the {self.name} holds control or invisible characters: write one line", param, ctx)
        if len(text) > self.longest:
            self.fail(
                f"the {self.name} has {len(text)} characters, at most {self.longest} are kept", param, ctx
            )
        return text


REASON = Text("reason", 500)
PERSON = Text("name", 100)
TITLE = Text("title", 200)
NOTE = Text("note", 2_000)
LINK = Text("link", 500)

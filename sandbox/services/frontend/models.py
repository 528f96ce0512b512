"""What the browser sends and gets besides pages."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from sandbox.kit.models import Shape
from sandbox.kit.seed import people

_EXAMPLE = next(person for person in people() if person.name == "example")


class SignIn(Shape):
    """Both factors at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"username": _EXAMPLE.username, "password": _EXAMPLE.password, "code": "000000"}]
        }
    )

    username: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class SignedInMember(Shape):
    """Who is signed in now."""

    username: str
    tenant: str
    roles: list[str]


class Question(Shape):
    """What the assistant is asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "Which threats are open?"}]})

    question: Annotated[str, Field(min_length=1, max_length=2000)]


class Answer(Shape):
    """What the assistant said, and the ids of the records that it rests on."""

    answer: str
    citations: list[str]

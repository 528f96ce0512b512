"""What can be made wrong with the platform itself while it runs: an alert policy gone, a backup too old.

A known-bad revision is an image; a disturbance is the same for what no image holds. On the admin REST port
`PUT /sandbox/disturbances/NAME` makes it wrong, `DELETE` puts it right again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

PATH = "/sandbox/disturbances"

Switch = Callable[[bool], object]
"""Makes something wrong (True), or puts it right again, completely (False)."""


class _Disturbance(NamedTuple):
    summary: str
    criteria: tuple[str, ...]
    switch: Switch


class Disturbances:
    """All disturbances that the parts of a sandbox offer, and which of them are in force."""

    def __init__(self) -> None:
        self._known: dict[str, _Disturbance] = {}
        self._in_force: set[str] = set()

    def offer(self, name: str, summary: str, criteria: tuple[str, ...], switch: Switch) -> None:
        """Add one disturbance; its criteria must notice it.

        Raises:
            ValueError: the name is offered already.
        """
        if name in self._known:
            raise ValueError(f"the disturbance {name} is offered twice")
        self._known[name] = _Disturbance(summary, criteria, switch)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._known))

    def set(self, name: str, *, in_force: bool) -> None:
        """Break or mend; what is as wanted already stays untouched.

        Raises:
            KeyError: there is no such disturbance.
        """
        disturbance = self._known[name]
        if in_force is not (name in self._in_force):
            disturbance.switch(in_force)
            (self._in_force.add if in_force else self._in_force.remove)(name)

    def listed(self) -> list[dict[str, object]]:
        return [
            {
                "name": name,
                "summary": self._known[name].summary,
                "criteria": list(self._known[name].criteria),
                "inForce": name in self._in_force,
            }
            for name in self.names()
        ]


def disturbance_routes(board: Disturbances) -> list[BaseRoute]:
    """`GET /sandbox/disturbances`, `PUT` and `DELETE /sandbox/disturbances/{name}`."""

    async def read(_request: Request) -> Response:
        return JSONResponse(board.listed())

    async def change(request: Request) -> Response:
        name = request.path_params["name"]
        try:
            board.set(name, in_force=request.method == "PUT")
        except KeyError:
            known = ", ".join(board.names()) or "none"
            return PlainTextResponse(f"There is no disturbance {name}; known are {known}.", status_code=404)
        return JSONResponse(board.listed())

    return [
        Route(PATH, read, methods=["GET"]),
        Route(f"{PATH}/{{name}}", change, methods=["PUT", "DELETE"]),
    ]

"""Who may call a service of Cloud Run and from where, and what its front end says to others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

OPEN = "all"
"""The ingress of a service that can be reached from everywhere."""
_NOT_FOUND = 404
FRONT_END_STATUSES = (401, 403, _NOT_FOUND)
"""Status codes of the pages with which the front end refuses callers."""
_PAGE = re.compile(
    rb'\s*<html><head>\s*<meta http-equiv="content-type" content="text/html;charset=utf-8">\s*'
    rb"<title>(\d{3}) [^<]*</title>\s*</head>\s*<body text=#000000 bgcolor=#ffffff>\s*<h1>Error: "
)


def is_front_end_page(status: int, headers: Mapping[str, str], content: bytes) -> bool:
    """Whether Google's front end answered with a page of its own: the service has not seen the request.

    `headers` are looked up by names in lower case. Every answer of Cloud Run names the same server; the page
    of the front end is recognised by its form, and by its status in it.
    """
    if status not in FRONT_END_STATUSES or headers.get("server") != "Google Frontend":
        return False
    page = _PAGE.match(content)
    return page is not None and int(page[1]) == status


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one service is called.

    `name`, `project` and `region` are its place in the cloud. `audience` is what the ID token of a caller
    must be meant for; empty if every caller is allowed. `ingress` is as gcloud writes it: all, internal, …
    """

    name: str
    project: str
    region: str
    audience: str = ""
    ingress: str = OPEN

    def is_refusal(self, status: int, headers: Mapping[str, str], content: bytes) -> bool:
        """Whether the front end refuses the caller.

        A page that says "not found" counts for a service whose ingress is restricted: else the address is
        wrong.
        """
        if status == _NOT_FOUND and self.ingress == OPEN:
            return False
        return is_front_end_page(status, headers, content)

    def is_asking(self, status: int) -> bool:
        """Whether a refusal without a token asks for one."""
        return status != _NOT_FOUND and bool(self.audience)

    def refusal(self, status: int, *, account: str = "", trouble: str = "") -> tuple[str, str]:
        """Return what a refusal means and what to do about it.

        Args:
            status: of the front end's answer.
            account: whose token came with the request; empty without one.
            trouble: why no token came with it.
        """
        if status == _NOT_FOUND:
            return (
                f"{self.name} is not reachable from this runner: its ingress is {self.ingress}",
                "run the gate inside the VPC of the project, or where the load balancer is",
            )
        who = f"a caller with a token of {account}" if account else "a caller without a token"
        why = f" ({trouble})" if trouble else ""
        return f"Cloud Run refuses {who} at {self.name} with {status}{why}: role roles/run.invoker", (
            f"gcloud run services add-iam-policy-binding {self.name} --project={self.project} "
            f"--region={self.region} --member=serviceAccount:{account or 'ACCOUNT'} --role=roles/run.invoker"
        )

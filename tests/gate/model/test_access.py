"""A refusal of Google's front end is told from an answer of the service."""

from __future__ import annotations

import pytest

from gates.model.access import Access, is_front_end_page
from tests.support.front_end import HEADERS, page

ACCESS = Access(name="shop", project="p", region="r", audience="https://shop.run.test")
INTERNAL = Access(name="shop", project="p", region="r", audience="https://shop.run.test", ingress="internal")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_of_the_front_end_is_recognised(status: int) -> None:
    """By its form and its status."""
    assert is_front_end_page(status, HEADERS, page(status))


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (403, HEADERS, b'{"title": "Forbidden", "status": 403}'),
        (403, HEADERS, b"<html><head><title>403 Forbidden</title></head><body>no</body></html>"),
        (403, HEADERS, page(401)),
        (403, {"server": "uvicorn"}, page(403)),
        (200, HEADERS, page(403)),
        (500, HEADERS, b""),
        (403, HEADERS, b""),
    ],
)
def test_every_other_answer_is_the_service_s_own(
    status: int, headers: dict[str, str], content: bytes
) -> None:
    """A service that forbids something says so in its own way, whatever server is named."""
    assert not is_front_end_page(status, headers, content)


def test_not_found_is_a_refusal_where_the_ingress_is_restricted() -> None:
    """Elsewhere the address is wrong."""
    assert INTERNAL.is_refusal(404, HEADERS, page(404))
    assert not ACCESS.is_refusal(404, HEADERS, page(404))


def test_a_refusal_names_the_role_and_the_command() -> None:
    """For the account whose token was sent, or for one that is still to be chosen."""
    cause, command = ACCESS.refusal(403, account="gate@p.test")
    assert "roles/run.invoker" in cause
    assert "gate@p.test" in cause
    assert command == (
        "gcloud run services add-iam-policy-binding shop --project=p --region=r "
        "--member=serviceAccount:gate@p.test --role=roles/run.invoker"
    )
    cause, command = ACCESS.refusal(403, trouble="no credentials")
    assert "no credentials" in cause
    assert "serviceAccount:ACCOUNT" in command


def test_an_internal_service_is_not_reachable_from_here() -> None:
    """No role would help."""
    cause, step = INTERNAL.refusal(404)
    assert "not reachable from this runner" in cause
    assert "gcloud" not in step

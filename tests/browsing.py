"""Opens the machine's own browser for a producer, and keeps what it showed when a check failed."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

import allure
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, sync_playwright

from gates.model.target import Target
from gates.tokens import TOKENS

PATIENCE_MS = 5_000
_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-domain-reliability"),
    "--no-proxy-server",  # what answers is the platform itself, not a proxy of this machine
)
_TIMEOUT_S = 10.0
_END_SESSION = "fetch('/session', {method: 'DELETE'}).then(answer => answer.status)"


@pytest.fixture
def page(target: Target) -> Iterator[Page]:
    """Give a page of the machine's chromium at the frontend's public name."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("no chromium on PATH: nobody looked at the pages")
    url = target.public_url("frontend")
    with sync_playwright() as playwright:
        options = [*_QUIET, *trusted(target, url)]
        browser = playwright.chromium.launch(executable_path=binary, args=options)
        try:
            context = browser.new_context(base_url=url)
            context.set_default_timeout(PATIENCE_MS)
            if audience := target.service("frontend").audience:
                context.route(f"{url}/**", lambda route: _pass_on(route, audience))
            yield context.new_page()
        finally:
            browser.close()


def _pass_on(route: Route, audience: str) -> None:
    """Send a request of the frontend's page on with a token of a caller; other hosts never see one."""
    route.continue_(headers={**route.request.headers, **TOKENS.headers_or_none(audience)})


@pytest.fixture
def kept(page: Page, request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """Give a block whose failure leaves a screenshot and, when it was begun, a trace.

    The session is ended before they are handed over, and a trace is begun after the sign-in: so neither holds
    anything that lets somebody in.
    """
    run_folder = os.environ.get("GATE_RUN_FOLDER")

    @contextmanager
    def keep() -> Iterator[None]:
        try:
            yield
        except BaseException:
            folder = Path(run_folder or request.getfixturevalue("tmp_path")) / "browser"
            folder.mkdir(exist_ok=True)
            _hand_over(page, folder / request.node.name)
            raise

    return keep


def _hand_over(page: Page, stem: Path) -> None:
    with suppress(PlaywrightError):
        shot = stem.with_suffix(".png")
        page.screenshot(path=shot)
        allure.attach.file(str(shot), name="screenshot", attachment_type=allure.attachment_type.PNG)
        page.evaluate(_END_SESSION)
    with suppress(PlaywrightError):
        trace = stem.with_suffix(".trace.zip")
        page.context.tracing.stop(path=trace)
        allure.attach.file(str(trace), name="trace, for `playwright show-trace`", extension="zip")


def trusted(target: Target, url: str) -> list[str]:
    """Return the options that lead the browser to a local platform, and nowhere else.

    The browser does not know the environment's own CA. So the certificate is checked here first, against that
    CA and for its name; its key, and no other, is then let through. Where the platform has public
    certificates, the browser judges them by itself.

    Raises:
        ssl.SSLCertVerificationError: the certificate is not good; the browser is not even started.
    """
    host = urlsplit(url).hostname or ""
    address = dict(target.addresses).get(f"{host}:443")
    if address is None:
        return []
    rules = f"MAP {host} {address}, MAP * ~NOTFOUND, EXCLUDE {address.rpartition(':')[0]}"
    options = [f"--host-resolver-rules={rules}"]
    if target.ca_file is not None:
        options.append(f"--ignore-certificate-errors-spki-list={_key_of(host, address, target.ca_file)}")
    return options


def _key_of(host: str, address: str, ca_file: str) -> str:
    """Return the SHA-256 of the public key that the host shows, after its certificate was verified."""
    context = ssl.create_default_context(cafile=ca_file)
    name, _, port = address.rpartition(":")
    with (
        create_connection((name, int(port)), timeout=_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as verified,
    ):
        shown = verified.getpeercert(binary_form=True) or b""
    key = x509.load_der_x509_certificate(shown).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()

"""Proxies, CA bundles and key logs of a machine are honoured on purpose, left out on purpose, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.adapters.machine.way_out import settle
from gates.errors import ConfigurationError

PROXY = "http://proxy.test:3128"


def test_a_machine_that_says_nothing_stays_as_it_is() -> None:
    """No variable is invented."""
    variables = {"PATH": "/bin"}
    assert settle(variables) == ()
    assert variables == {"PATH": "/bin"}


def test_a_key_log_that_cannot_be_written_is_named_and_left_out(tmp_path: Path) -> None:
    """Else every client would fail, and it would look as if the platform did."""
    variables = {"SSLKEYLOGFILE": "/nope/x"}
    (note,) = settle(variables)
    assert "SSLKEYLOGFILE=/nope/x" in note
    assert variables == {}
    usable = {"SSLKEYLOGFILE": str(tmp_path / "keys")}
    assert settle(usable) == ()
    assert usable == {"SSLKEYLOGFILE": str(tmp_path / "keys")}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "grpc_proxy"])
@pytest.mark.parametrize("exceptions", [{}, {"NO_PROXY": "intern.test"}, {"no_proxy": "intern.test"}])
def test_no_traffic_to_this_machine_takes_a_proxy(name: str, exceptions: dict[str, str]) -> None:
    """Whatever spelling a client reads, and beside what was excepted already."""
    variables = {name: PROXY, **exceptions}
    settle(variables)
    assert variables[name] == PROXY
    for spelling in ("no_proxy", "NO_PROXY"):
        hosts = variables[spelling].split(",")
        assert {"localhost", "127.0.0.1"} <= set(hosts)
        assert ("intern.test" in hosts) is bool(exceptions)


def test_an_exception_of_grpc_s_own_is_completed() -> None:
    """It takes the place of the general one, so it must say the same of this machine."""
    variables = {"https_proxy": PROXY, "no_grpc_proxy": "intern.test"}
    settle(variables)
    assert variables["no_grpc_proxy"] == "intern.test,localhost,127.0.0.1"


def test_a_proxy_that_no_client_can_use_is_named_without_its_secret() -> None:
    """A SOCKS proxy needs what is not installed; its address may hold a password."""
    variables = {"ALL_PROXY": "socks5://user:hunter2@proxy.test:1080", "HTTPS_PROXY": "proxy.test:3128"}
    (note,) = settle(variables)
    assert "ALL_PROXY" in note
    assert "hunter2" not in note
    assert "ALL_PROXY" not in variables
    assert variables["HTTPS_PROXY"] == "proxy.test:3128"


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_one_ca_bundle_counts_for_every_client(tmp_path: Path, name: str) -> None:
    """Behind a proxy that opens TLS, one variable is enough; one that says otherwise is left alone."""
    bundle, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    bundle.touch()
    other.touch()
    variables = {name: str(bundle), "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(other)}
    assert settle(variables) == ()
    assert variables.pop("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH") == str(other)
    assert {variables[one] for one in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "HTTPLIB2_CA_CERTS")} == {
        str(bundle)
    }


@pytest.mark.parametrize(
    "name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "HTTPLIB2_CA_CERTS"]
)
def test_a_ca_bundle_that_cannot_be_read_is_refused_by_its_variable(name: str) -> None:
    """OpenSSL passes over it silently, and then nothing is trusted: that would look like an outage."""
    with pytest.raises(ConfigurationError, match=f"{name}=/nope/ca.pem") as raised:
        settle({name: "/nope/ca.pem"})
    assert raised.value.next_step


def test_a_folder_of_certificates_is_left_to_those_who_read_folders(tmp_path: Path) -> None:
    """Not every client does."""
    variables = {"REQUESTS_CA_BUNDLE": str(tmp_path)}
    assert settle(variables) == ()
    assert variables == {"REQUESTS_CA_BUNDLE": str(tmp_path)}

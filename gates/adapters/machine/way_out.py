"""The variables that decide how this machine reaches others, settled once for all clients of the process.

The platform that is looked at is asked directly, never through a proxy: what answers and how fast must be the
platform. Proxies serve what lies outside (the cloud's APIs, notices to people). A CA bundle counts for every
client alike, those that have a variable of their own included. What cannot work is said or refused before
anything happens. See docs/reference/environment.md.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path

from gates.errors import ConfigurationError

KEY_LOG = "SSLKEYLOGFILE"
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_TRUSTING = (*_BUNDLES, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "HTTPLIB2_CA_CERTS")
"""Who reads which: OpenSSL and httpx, requests and google-auth, curl, gRPC, httplib2."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
_EXCEPTIONS = ("no_proxy", "NO_PROXY", "no_grpc_proxy")
_HERE = ("localhost", "127.0.0.1")
_USABLE = ("http", "https")


def settle(variables: MutableMapping[str, str]) -> tuple[str, ...]:
    """Settle the variables in place and return what a person should know of it.

    Raises:
        ConfigurationError: a CA bundle is named that cannot be read.
    """
    _share_trust(variables)
    return (*_key_log(variables), *_proxies(variables))


def _key_log(variables: MutableMapping[str, str]) -> Iterator[str]:
    """Leave out a key log that cannot be written: a client would fail as if the platform did."""
    named = variables.get(KEY_LOG)
    if not named:
        return
    try:
        Path(named).open("a").close()
    except OSError as error:
        del variables[KEY_LOG]
        yield f"{KEY_LOG}={named} cannot be written ({error.strerror}): no keys are logged"


def _share_trust(variables: MutableMapping[str, str]) -> None:
    named = [(name, variables[name]) for name in _TRUSTING if variables.get(name)]
    for name, path in named:
        try:
            if not Path(path).is_dir():
                Path(path).open("rb").close()
        except OSError as error:
            raise ConfigurationError(
                f"{name}={path} cannot be read: {error.strerror}",
                next_step="name a file of CA certificates in PEM form, or unset the variable",
            ) from error
    bundle = next((path for name, path in named if name in _BUNDLES and not Path(path).is_dir()), None)
    for name in _TRUSTING if bundle else ():
        if not variables.get(name):
            variables[name] = str(bundle)


def _proxies(variables: MutableMapping[str, str]) -> Iterator[str]:
    """Keep traffic to this machine away from every proxy, and drop those that no client here can use."""
    given = [name for name in list(variables) if name.lower() in _PROXIES and variables[name]]
    for name in given:
        scheme, separator, _ = variables[name].partition("://")
        if separator and scheme.lower() not in _USABLE:
            del variables[name]
            yield f"{name} names a {scheme} proxy, which is not used: only http:// and https:// ones are"
    if any(name in variables for name in given):
        for name in _EXCEPTIONS:
            said = variables.get(name) or ("" if name == "no_grpc_proxy" else _said(variables))
            if said or name != "no_grpc_proxy":
                hosts = [host.strip() for host in said.split(",") if host.strip()]
                variables[name] = ",".join(dict.fromkeys([*hosts, *_HERE]))


def _said(variables: MutableMapping[str, str]) -> str:
    return variables.get("no_proxy") or variables.get("NO_PROXY") or ""

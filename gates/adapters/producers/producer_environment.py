"""Which variables of this machine reach the process of the producers: what is named here, and nothing else.

Variables of CI systems and of shells change what pytest, Python and Locust do: `PYTEST_ADDOPTS=-k nothing`
runs no test, `PYTHONOPTIMIZE=1` runs tests without their assertions, `LOCUST_PROCESSES=2` loses half of the
figures. They cannot all be listed, so the list says what may pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gates.adapters.machine.settings import RUN_FOLDER

_MACHINE = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
)
"""Where programs, people's files and temporary files are, and how the clock on the wall is read."""
_NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("grpc_proxy", "no_grpc_proxy", "HTTPLIB2_CA_CERTS"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
)
"""The way out of this machine, and whom it trusts."""
_CREDENTIALS = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_REGION", "AWS_DEFAULT_REGION"),
)
"""Beside Google's own variables: what a workload of another cloud says who it is with."""
_PREFIXES = (
    *("GATE_", "LC_", "XDG_"),
    *("GOOGLE_", "CLOUDSDK_", "GCE_METADATA_", "GRPC_"),
    "PLAYWRIGHT_",
    "COVERAGE_PROCESS_",  # our own tests measure what of the gate runs there
)
_ALWAYS = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the command names the plugins that take part
    "PYTHONHASHSEED": "0",  # all workers collect the same tests in the same order
    "PYTHONUTF8": "1",  # files are read the same way in every locale
}
_BY_ENVIRONMENT = "env:"


def producer_environment(
    given: Mapping[str, str], *, references: Iterable[str], folder: Path
) -> dict[str, str]:
    """Return the environment of the producers' process.

    Args:
        given: the variables of this process.
        references: what the target's identities refer to; the variables among them (`env:NAME`) pass too.
        folder: the folder of the run.
    """
    referred = {one.removeprefix(_BY_ENVIRONMENT) for one in references if one.startswith(_BY_ENVIRONMENT)}
    named = {*_MACHINE, *_NETWORK, *_CREDENTIALS, *referred} - _ALWAYS.keys()
    passed = {name: text for name, text in given.items() if name in named or name.startswith(_PREFIXES)}
    return {**passed, **_ALWAYS, RUN_FOLDER: str(folder)}

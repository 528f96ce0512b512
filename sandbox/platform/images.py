"""Container image references: what they name, their digest, and how they become an ASGI application.

`sandbox/<service>:<version>` is a built-in service, `sandbox/<service>:<version>-<fault>` a known-bad
revision of it, and `py:<absolute file or module>:<attribute>` any ASGI application or zero-argument factory.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sandbox import topology
from sandbox.faults import registry
from sandbox.faults.fault import App, Fault

_BUILT_IN = re.compile(
    r"sandbox/(?P<service>[a-z-]+):(?P<version>\d+(?:\.\d+)*)(?:-(?P<fault>[a-z0-9][a-z0-9-]*))?"
)
_PYTHON = re.compile(r"py:(?P<source>[^:]+):(?P<attribute>[A-Za-z_]\w*)")


class UnknownImageError(Exception):
    """An image reference that names nothing that could run."""


@dataclass(frozen=True, slots=True)
class BuiltInImage:
    """A service of the sandbox, healthy or with one fault."""

    service: topology.SandboxService
    version: str
    fault: Fault | None

    def content(self) -> bytes:
        """What the digest covers beside the reference."""
        return b""

    def load(self) -> App:
        create_app = importlib.import_module(self.service.module).create_app
        if self.fault is not None:
            return self.fault.build(self.service.name, create_app)
        app: App = create_app()
        return app


@dataclass(frozen=True, slots=True)
class PythonImage:
    """An application found in a Python file or module."""

    source: str
    attribute: str

    @property
    def is_file(self) -> bool:
        return self.source.startswith("/")

    def content(self) -> bytes:
        """What the digest covers beside the reference: the file's own bytes."""
        return Path(self.source).read_bytes() if self.is_file else b""

    def load(self) -> App:
        module = (
            _module_from_file(Path(self.source)) if self.is_file else importlib.import_module(self.source)
        )
        found = getattr(module, self.attribute)
        app: App = found() if _is_factory(found) else found
        return app


Image = BuiltInImage | PythonImage


def resolve(reference: str) -> Image:
    """Say what a reference names, without importing it.

    Raises:
        UnknownImageError: the form is unknown, or there is no such service, fault, file or module.
    """
    if built_in := _BUILT_IN.fullmatch(reference):
        return _built_in(reference, built_in)
    if python := _PYTHON.fullmatch(reference):
        image = PythonImage(python["source"], python["attribute"])
        if _exists(image):
            return image
        raise UnknownImageError(f"Image '{reference}' not found: there is no {image.source}.")
    raise UnknownImageError(
        f"Image '{reference}' not found: "
        "expected sandbox/<service>:<version>[-<fault>] or py:<absolute file or module>:<attribute>."
    )


def digest_of(reference: str) -> str:
    """Digest of a reference (`sha256:…`): the same content has the same digest on every machine.

    Raises:
        UnknownImageError: the reference names nothing.
    """
    image = resolve(reference)
    return "sha256:" + hashlib.sha256(reference.encode() + b"\0" + image.content()).hexdigest()


def _built_in(reference: str, match: re.Match[str]) -> BuiltInImage:
    service = next((one for one in topology.SERVICES if one.name == match["service"]), None)
    if service is None or not _has_module(service.module):
        raise UnknownImageError(f"Image '{reference}' not found: there is no service {match['service']}.")
    fault = registry.find(service.name, match["fault"]) if match["fault"] else None
    if match["fault"] and fault is None:
        raise UnknownImageError(
            f"Image '{reference}' not found: {service.name} has no fault {match['fault']}."
        )
    return BuiltInImage(service, match["version"], fault)


def _exists(image: PythonImage) -> bool:
    return Path(image.source).is_file() if image.is_file else _has_module(image.source)


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False


def _module_from_file(path: Path) -> ModuleType:
    sys.path.insert(0, str(path.parent))
    name = f"image_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UnknownImageError(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _is_factory(found: Callable[..., Any]) -> bool:
    """Whether it can be called without arguments; an ASGI application needs three."""
    required = (
        parameter
        for parameter in inspect.signature(found).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    )
    return next(required, None) is None

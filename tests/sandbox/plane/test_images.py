"""Image references: what is known, what it digests to, and how it becomes an application."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sandbox.faults import registry
from sandbox.platform import images
from tests.sandbox.plane import small_apps
from tests.sandbox.plane.local_plane import APPS


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "frontend:1.0",
        "sandbox/frontend",
        "sandbox/frontend:latest",
        "sandbox/nobody:1.0",
        "sandbox/frontend:1.0-no-such-fault",
        "sandbox/frontend:1.0-",
        "py:/no/such/file.py:app",
        "py:no.such.module:app",
        f"py:{APPS}",
        f"py:{APPS}:not an attribute",
    ],
)
def test_what_names_nothing_is_unknown(reference: str) -> None:
    """Neither resolvable nor digestible."""
    with pytest.raises(images.UnknownImageError, match="not found"):
        images.resolve(reference)
    with pytest.raises(images.UnknownImageError):
        images.digest_of(reference)


def test_a_built_in_image_names_a_service_a_version_and_perhaps_a_fault() -> None:
    """A fault is part of the reference, and only of the services that can have it."""
    healthy = images.resolve("sandbox/api-gateway:2.10.3")
    assert isinstance(healthy, images.BuiltInImage)
    assert (healthy.service.name, healthy.version, healthy.fault) == ("api-gateway", "2.10.3", None)
    for fault in registry.FAULTS.values():
        faulty = images.resolve(f"sandbox/{fault.services[0]}:1-{fault.slug}")
        assert isinstance(faulty, images.BuiltInImage)
        assert faulty.fault is fault


def test_a_digest_belongs_to_the_reference_and_the_files_content(tmp_path: Path) -> None:
    """Same reference and bytes, same digest; another version or other bytes, another one."""
    file = tmp_path / "app.py"
    shutil.copy(APPS, file)
    reference = f"py:{file}:mirror"
    before = images.digest_of(reference)
    assert before == images.digest_of(reference)
    assert before != images.digest_of(f"py:{file}:made")
    file.write_text(file.read_text() + "\n# changed\n")
    assert images.digest_of(reference) != before
    assert images.digest_of("sandbox/frontend:1.0") != images.digest_of("sandbox/frontend:1.1")


def test_a_file_that_is_gone_is_an_image_that_is_gone(tmp_path: Path) -> None:
    """Nothing starts from a deleted image."""
    file = tmp_path / "app.py"
    shutil.copy(APPS, file)
    images.resolve(f"py:{file}:mirror")
    file.unlink()
    with pytest.raises(images.UnknownImageError):
        images.resolve(f"py:{file}:mirror")


def test_an_application_is_taken_and_a_factory_is_called() -> None:
    """Both kinds of attribute end in the same application."""
    module = "tests.sandbox.plane.small_apps"
    assert images.resolve(f"py:{module}:mirror").load() is small_apps.mirror
    assert images.resolve(f"py:{module}:made").load() is small_apps.mirror

"""Documents that an earlier command read: used as long as nothing that they were made from is another."""

from __future__ import annotations

import base64
import json
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gates.adapters.documents import document_cache, documents
from gates.adapters.machine.personal_files import PersonalFiles
from gates.errors import ConfigurationError, DocumentError
from gates.model.platform import Environment, Platform
from tests.support.shipped import ENDPOINTS, SHIPPED, edit


@dataclass
class Account:
    """A folder of documents and what its commands keep."""

    folder: Path
    endpoints: Path
    files: PersonalFiles

    def read(self) -> tuple[Platform, Environment]:
        """Read as one more command does."""
        return document_cache.read(self.folder, "sandbox", self.files)

    @property
    def entry(self) -> Path:
        """The one file that holds documents."""
        (found,) = self.endpoints.parent.glob("cache/documents-sandbox-*.json")
        return found


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The shipped documents, a local platform, and an empty cache."""
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(ENDPOINTS))
    monkeypatch.setenv("GATE_ENDPOINTS_FILE", str(endpoints))
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))
    return Account(folder, endpoints, PersonalFiles(tmp_path / "cache"))


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were read, one entry for each time."""
    read, real = list[Path](), documents.load_platform

    def load(folder: Path) -> Platform:
        read.append(folder)
        return real(folder)

    monkeypatch.setattr(documents, "load_platform", load)
    return read


def test_the_next_command_does_not_read_them_again(account: Account, readings: list[Path]) -> None:
    """What it gets is equal to what reading gives."""
    first = account.read()
    assert account.read() == first
    assert readings == [account.folder]
    assert first[1] == documents.load_environment(account.folder, "sandbox", first[0])


def changed_endpoints(account: Account) -> None:
    """Another platform runs now."""
    account.endpoints.write_text(json.dumps({**ENDPOINTS, "dns": "127.0.0.1:5"}))


def changed_environment(account: Account) -> None:
    """Another number in the environment's document."""
    edit(account.folder / "environments/sandbox.yaml", "protected: false", "protected: true")


def new_category(account: Account) -> None:
    """One more file of criteria."""
    shutil.copy(account.folder / "criteria/load.yaml", account.folder / "criteria/more.yaml")


def other_variable(_account: Account) -> None:
    """A variable moves what a document names."""
    os.environ["GATE_IDENTITIES_FILE"] = "/elsewhere/i.json"


@pytest.mark.parametrize("change", [changed_endpoints, changed_environment, new_category, other_variable])
def test_they_are_read_again_when_anything_changed(
    account: Account,
    readings: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Account], None],
) -> None:
    """And the result is that of the change."""
    monkeypatch.setenv("GATE_IDENTITIES_FILE", "/here/i.json")
    account.read()
    change(account)
    platform, environment = account.read()
    assert len(readings) == 2
    assert environment == documents.load_environment(account.folder, "sandbox", platform)


def test_a_document_that_is_wrong_now_is_refused(account: Account) -> None:
    """However right it was a moment ago."""
    account.read()
    edit(account.folder / "policy.yaml", "kind: ", "kinds: ")
    with pytest.raises(DocumentError):
        account.read()


def test_a_platform_that_is_gone_is_not_remembered(account: Account) -> None:
    """Its endpoints file went with it."""
    account.read()
    account.endpoints.unlink()
    with pytest.raises(ConfigurationError, match="no endpoints"):
        account.read()


@pytest.mark.parametrize(
    "values",
    [
        base64.b64encode(pickle.dumps((os.getpid, json.loads))).decode(),
        base64.b64encode(b"cgates.adapters.documents.documents\nload_platform\n.").decode(),
        base64.b64encode(b"cgates.model.platform\ndataclass\n.").decode(),
        base64.b64encode(pickle.dumps((1, 2))).decode(),
        "not base64 at all",
        7,
    ],
)
def test_a_file_that_holds_anything_else_is_not_used(
    account: Account, readings: list[Path], values: object
) -> None:
    """Nothing but values of the model is made from it, and the documents are read again."""
    first = account.read()
    entry = json.loads(account.entry.read_text())
    account.entry.write_text(json.dumps({**entry, "values": values}))
    assert account.read() == first
    assert len(readings) == 2


def test_an_entry_that_was_made_from_other_documents_is_not_used(
    account: Account, readings: list[Path]
) -> None:
    """Its name says less than its key does."""
    account.read()
    kept = json.loads(account.entry.read_text())
    account.entry.write_text(json.dumps({**kept, "key": kept["key"][:16] + "0" * 48}))
    account.read()
    assert len(readings) == 2

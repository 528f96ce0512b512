"""A statement counts only as it was signed, by whom the file allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates.adapters.signing import ssh_signature
from gates.adapters.signing.allowed_signers import namespace_of
from gates.adapters.signing.statement_folder import StatementFolder
from gates.errors import ConfigurationError
from gates.model.statement import SeenStatement
from tests.support.builders import NOW
from tests.support.signing import PLATFORM, key_file, signer, statement


def folder_of(path: Path, *signers: object) -> StatementFolder:
    """Return a folder with these signers."""
    return StatementFolder(path=path / "said", platform=PLATFORM, signers=signers)  # type: ignore[arg-type]


def only(folder: StatementFolder) -> SeenStatement:
    """Return the one statement of a folder."""
    (found,) = folder.read()
    return found


def test_a_good_signature_has_no_objection(tmp_path: Path) -> None:
    """Written, signed and read back: the same statement, without an objection."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    folder.write(statement(), file)
    assert (only(folder).statement, only(folder).objection) == (statement(), "")


@pytest.mark.parametrize(
    ("person", "roles", "times", "said"),
    [
        ("person-two", ("change-manager",), {}, "person-one may not sign"),
        ("person-one", ("team-lead",), {}, "may not sign as change-manager"),
        ("person-one", ("change-manager",), {"valid_before": NOW - timedelta(days=1)}, "may not sign"),
    ],
)
def test_whom_the_file_does_not_allow_is_objected_to(
    tmp_path: Path, person: str, roles: tuple[str, ...], times: dict[str, object], said: str
) -> None:
    """Another person, another role, a key that is no longer valid."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer(person, public, *roles, **times))
    folder.write(statement(), file)
    assert said in only(folder).objection


def test_a_key_that_is_over_signs_nothing_however_early_it_says(tmp_path: Path) -> None:
    """Whoever signs writes the moment, so a key counts only while it is valid."""
    file, public = key_file(tmp_path, "key")
    signers = (signer("person-one", public, "change-manager", valid_before=NOW),)
    early = statement(issued_at=NOW - timedelta(days=1))
    folder = replace(folder_of(tmp_path, *signers), clock=lambda: NOW - timedelta(minutes=1))
    folder.write(early, file)
    assert only(folder).objection == ""
    assert "may not sign" in only(replace(folder, clock=lambda: NOW)).objection


def test_an_unknown_key_and_a_missing_signature_are_objected_to(tmp_path: Path) -> None:
    """Both are readable statements that count for nothing."""
    file, _ = key_file(tmp_path, "key")
    folder = folder_of(tmp_path)
    written = folder.write(statement(), file)
    assert "unknown key" in only(folder).objection
    written.with_name(f"{written.name}.sig").unlink()
    assert only(folder).objection == "it is not signed yet"


def test_a_changed_text_is_damaged(tmp_path: Path) -> None:
    """A changed word, a key twice, another layout: none of it is what was signed."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    written = folder.write(statement(), file)
    text = written.read_text()
    for changed in (
        text.replace("change 42", "change 43"),
        text.replace('"by":"person-one"', '"by":"person-one","by":"person-one"'),
        text.replace(",", ", "),
        text[:-5],
        "",
    ):
        written.write_text(changed)
        assert only(folder).is_damaged
        assert only(folder).objection


def test_a_signature_of_another_statement_is_damaged(tmp_path: Path) -> None:
    """A signature cannot be carried over to another text."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    first = folder.write(statement(), file)
    second = folder.write(statement(refuses=True), file)
    first.with_name(f"{first.name}.sig").replace(second.with_name(f"{second.name}.sig"))
    assert any(seen.is_damaged for seen in folder.read())


def test_a_link_and_a_huge_file_are_not_read(tmp_path: Path) -> None:
    """Nobody states more, and nobody points elsewhere."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    written = folder.write(statement(), file)
    written.write_bytes(written.read_bytes() + b" " * 70_000)
    assert "larger than any statement" in only(folder).objection
    elsewhere = tmp_path / "elsewhere.json"
    written.rename(elsewhere)
    written.symlink_to(elsewhere)
    assert only(folder).is_damaged


def mounted(folder: StatementFolder, at: Path) -> StatementFolder:
    """Lay the folder's files out as a mounted ConfigMap does: links to links that stay inside it."""
    version = at / "..2026_01_01"
    version.mkdir(parents=True)
    (at / "..data").symlink_to(version.name)
    for file in folder.path.iterdir():
        (version / file.name).write_bytes(file.read_bytes())
        (at / file.name).symlink_to(Path("..data") / file.name)
    return replace(folder, path=at)


def test_a_mounted_folder_is_read_through_its_links(tmp_path: Path) -> None:
    """Every file is a link into a link, and none of them leaves the folder."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    folder.write(statement(), file)
    seen = only(mounted(folder, tmp_path / "mounted"))
    assert (seen.objection, seen.is_damaged) == ("", False)
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "mounted")
    assert only(replace(folder, path=linked)).objection == ""


def test_a_link_that_leaves_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    """Text or signature: where it leads is said."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    written = folder.write(statement(), file)
    for name in (f"{written.name}.sig", written.name):
        inside, outside = written.with_name(name), tmp_path / f"outside-{name}"
        inside.rename(outside)
        inside.symlink_to(outside)
        seen = only(folder)
        assert seen.is_damaged
        assert "a link that leaves the folder" in seen.objection
        assert outside.name in seen.objection


def test_changed_line_ends_are_named_as_the_cause(tmp_path: Path) -> None:
    """A checkout that writes CR LF breaks what was signed; the reason says so, and how it is mended."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    written = folder.write(statement(), file)
    for one in (written, written.with_name(f"{written.name}.sig")):
        one.write_bytes(one.read_bytes().replace(b"\n", b"\r\n"))
    seen = only(folder)
    assert seen.is_damaged
    assert "CR LF" in seen.objection
    assert ".gitattributes" in seen.objection


def test_a_signature_is_as_good_with_other_line_ends(tmp_path: Path) -> None:
    """Its armour is no signed text."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager"))
    written = folder.write(statement(), file)
    signature = written.with_name(f"{written.name}.sig")
    signature.write_bytes(signature.read_bytes().replace(b"\n", b"\r\n"))
    assert only(folder).objection == ""


def test_what_cannot_be_kept_is_said(tmp_path: Path) -> None:
    """A statement that nobody could find again was not made."""
    (tmp_path / "said").write_text("in the way")

    with pytest.raises(ConfigurationError, match="cannot write"):
        folder_of(tmp_path).write(statement(), None)


def test_a_signature_for_another_purpose_does_not_count(tmp_path: Path) -> None:
    """The same key, made for another role."""
    file, public = key_file(tmp_path, "key")
    folder = folder_of(tmp_path, signer("person-one", public, "change-manager", "team-lead"))
    written = folder.write(statement(), file)
    other = ssh_signature.sign(
        ssh_signature.load_key(file), namespace_of("team-lead", PLATFORM), written.read_bytes()
    )
    written.with_name(f"{written.name}.sig").write_text(other)
    assert only(folder).objection == "signed in the namespace gate-team-lead@isectech, not as change-manager"

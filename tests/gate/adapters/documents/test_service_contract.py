"""How the gate asks the services stands in platform.yaml, and every mistake there has its line and column."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.documents.load_profiles import profile_names
from gates.errors import DocumentError
from gates.model.criterion import Use
from gates.model.service_contract import HealthPaths

SHIPPED = Path(__file__).parents[4] / "platforms" / "isectech"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the shipped platform that a test may break."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))


def edit(path: Path, old: str, new: str) -> tuple[int, int]:
    """Replace the one occurrence of `old`, and return line and column of where it was."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    before = text[: text.index(old)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def without(path: Path, key: str) -> None:
    """Take a block of the `spec` away."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = lines.index(next(line for line in lines if line.startswith(f"  {key}:")))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith("   ")), len(lines))
    path.write_text("".join([*lines[:start], *lines[end:]]), encoding="utf-8")


def refused(folder: Path) -> str:
    """Return what the platform is refused with."""
    with pytest.raises(DocumentError) as caught:
        load_platform(folder)
    return str(caught.value)


def test_the_shipped_platform_says_how_it_is_asked() -> None:
    """Sign-in, circuits, entrance of load, and three kinds of data for a restore."""
    platform = load_platform(SHIPPED)
    assert platform.sign_in is not None
    assert platform.sign_in.service == "auth-service"
    assert platform.circuits is not None
    assert platform.circuits.fallback is not None
    assert platform.load_entrance == "api-gateway"
    assert platform.data_probe is not None
    assert [record.service for record in platform.data_probe.records] == [
        "asset-discovery",
        "event-processor",
    ]
    assert platform.data_probe.session


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("loadEntrance: api-gateway", "loadEntrance: api-gatewy", "did you mean 'api-gateway'?"),
        ("    whoAmI: /v1/me", "    whoAmi: /v1/me", "did you mean 'whoAmI'?"),
        ("    password: /v1/login", "    password: v1/login", "has the wrong form; an example: /orders/open"),
        ("live: /healthz", "live: /", "has the wrong form"),
        ('assetId: "{asset-discovery}"', 'assetId: "{asset-discovry}"', "did you mean 'asset-discovery'?"),
        ('hostname: "drill-{random}"', 'hostname: "drill-{event-processor}"', "an earlier record"),
        (
            "service: event-processor\n",
            "service: asset-discovery\n",
            "'asset-discovery' has an earlier record",
        ),
        ("removable: true", "removable: 1", "removable"),
    ],
)
def test_a_mistake_is_refused_at_its_line(folder: Path, old: str, new: str, cause: str) -> None:
    """With the nearest right word, as in every document."""
    line, _ = edit(folder / "platform.yaml", old, new)
    said = refused(folder)
    assert cause in said
    assert f"platform.yaml:{line}:" in said


def test_a_wrong_service_is_marked_at_its_column(folder: Path) -> None:
    """The value, not the block that it stands in."""
    line, column = edit(folder / "platform.yaml", "auth-service\n    operator", "aut-service\n    operator")
    assert f"platform.yaml:{line}:{column}: " in refused(folder)


def test_what_needs_a_sign_in_is_refused_without_one(folder: Path) -> None:
    """A fallback of tokens and a session as a mark."""
    without(folder / "platform.yaml", "signIn")
    said = refused(folder)
    assert "circuits: fallback needs the key 'signIn'" in said
    assert "dataProbe: session needs the key 'signIn'" in said


def test_a_data_probe_that_writes_nothing_is_refused(folder: Path) -> None:
    """A restore would be shown by no mark at all."""
    path = folder / "platform.yaml"
    without(path, "dataProbe")
    path.write_text(path.read_text(encoding="utf-8") + "  dataProbe: {}\n", encoding="utf-8")
    assert "a data probe writes records or a session" in refused(folder)


def test_a_platform_may_have_none_of_it(folder: Path) -> None:
    """Its services are asked at the usual paths, without a token."""
    for key in ("health", "loadEntrance", "signIn", "circuits", "dataProbe"):
        without(folder / "platform.yaml", key)
    platform = load_platform(folder)
    assert platform.health == HealthPaths(live="/healthz", ready="/readyz", version="/version")
    assert (platform.sign_in, platform.circuits, platform.load_entrance, platform.data_probe) == (None,) * 4


@pytest.mark.parametrize("version", ["release-gate/v1", "gates.isectech.com/v1"])
def test_documents_of_today_and_of_yesterday_are_read(folder: Path, version: str) -> None:
    """What they said first before carried the name of a company."""
    edit(folder / "platform.yaml", "apiVersion: release-gate/v1", f"apiVersion: {version}")
    assert load_platform(folder).name == "isectech"


@pytest.mark.parametrize("version", ["release-gate/v2", "gates.isectech.com/v2", "v1", "example.com/v1"])
def test_a_document_of_another_kind_is_refused(folder: Path, version: str) -> None:
    """A version that is not known may mean something else."""
    edit(folder / "platform.yaml", "apiVersion: release-gate/v1", f"apiVersion: {version}")
    assert "platform.yaml:2:13: " in refused(folder)


def test_each_purpose_has_its_criterion_in_the_shipped_catalogue() -> None:
    """No command of the shipped platform ends with a criterion that is missing."""
    catalogue = load_catalogue(SHIPPED, load_platform(SHIPPED))
    assert {use: catalogue.needed_for(use).id for use in Use} == {
        Use.ERROR_LEVEL: "SLI-ERRORS",
        Use.LATENCY_LEVEL: "SLI-LATENCY",
        Use.SIGN_IN: "AUT-LOGIN",
        Use.CONTACTS: "OPS-03",
        Use.REVIEW: "OPS-02",
    }


def test_the_shipped_catalogue_measures_every_profile_of_load_and_no_other() -> None:
    """A name with a typing error would never be sent, and a profile without a criterion shows nothing."""
    catalogue = load_catalogue(SHIPPED, load_platform(SHIPPED))
    named = {name for criterion in catalogue.criteria for name in criterion.load_profiles}
    assert named == set(profile_names())


def test_a_purpose_is_that_of_one_criterion(folder: Path) -> None:
    """Two would make it chance which one counts."""
    path = folder / "criteria" / "operations.yaml"
    line, _ = edit(path, "usedFor: [contacts]", "usedFor: [document-review]")
    with pytest.raises(DocumentError, match=f"operations.yaml:{line}:.*is used for document-review"):
        load_catalogue(folder, load_platform(folder))

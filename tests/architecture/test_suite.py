"""What `make test` promises of its own order and of its two sizes."""

from __future__ import annotations

import re
from pathlib import Path

from tests.sandbox.conftest import LONGEST_FIRST, PLATFORM, ROOT, place

MAKEFILE = Path("Makefile").read_text(encoding="utf-8")


def recipe(target: str) -> str:
    """Return the commands of a target."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None, f"make has no target {target}"
    return found[1]


def test_every_file_that_comes_first_exists() -> None:
    """A file that was renamed keeps its place."""
    assert [name for name in LONGEST_FIRST if not Path(name).is_file()] == []


def test_a_file_that_starts_a_platform_comes_before_one_that_does_not() -> None:
    """Also when nobody put it into the list; what is listed comes before both."""
    listed = ROOT / LONGEST_FIRST[0]
    plain = next(file for file in (ROOT / "tests/sandbox/kit").glob("test_*.py"))
    unlisted = next(
        file
        for file in (ROOT / "tests").rglob("*.py")
        if PLATFORM.search(file.read_text(encoding="utf-8"))
        and file.relative_to(ROOT).as_posix() not in LONGEST_FIRST
    )
    assert place(listed) < place(unlisted) < place(plain)


def test_both_sizes_keep_the_order_and_name_what_is_left_out() -> None:
    """Sorting by number of tests would put a file with one long test last."""
    for target in ("test", "test-quick"):
        assert {"--no-loadscope-reorder", "--dist", "loadfile", "-rs"} <= set(recipe(target).split())


def test_the_quick_size_starts_no_platform() -> None:
    """None of the files that it runs names what starts one."""
    folders = [word for word in recipe("test-quick").split() if word.startswith("tests/")]
    files = [file for folder in folders for file in Path(folder).rglob("test_*.py")]
    assert len(files) > 100
    imports = re.compile(r"^from tests\.support\.(real_sandbox|local_platform) import", re.MULTILINE)
    assert [str(file) for file in files if imports.search(file.read_text(encoding="utf-8"))] == []

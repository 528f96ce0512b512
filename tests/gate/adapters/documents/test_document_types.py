"""What a value of the wrong form is answered with: an example of the right one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gates.adapters.documents import document_types
from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.errors import DocumentError


def test_every_example_has_the_form_that_it_is_an_example_of() -> None:
    """An example that is refused itself would lead astray."""
    forms = document_types.EXAMPLES
    assert len(forms) > 5
    assert [example for pattern, example in forms.items() if re.search(pattern, example) is None] == []


def test_a_value_of_the_wrong_form_is_refused_with_an_example(tmp_path: Path) -> None:
    """Not with a regular expression."""
    folder = tmp_path / "isectech"
    shutil.copytree("platforms/isectech", folder)
    file = folder / "criteria" / "load.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("source: extended-validation/load-test", "source: nowhere", 1))

    with pytest.raises(DocumentError) as caught:
        load_catalogue(folder, load_platform(folder))
    assert '"nowhere" has the wrong form; an example: extended-validation/load-test' in str(caught.value)
